import { describe, expect, test } from 'vitest'
import { computeInputsDigest } from '../../src/family/digest.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { familyFiles, makeProject } from './project.ts'

const image = { id: 'base', name: 'base', digest: 'sha256:aa' }
const tools = { cloud: 'local', bakehouse: '0.1.0', 'ansible-core': '2.19.4' }

/** A family with all kinds of settings, in forms that the program stores differently from the file. */
const rich = `
description: All there is
base: { image: disk.qcow2, sha256: ${'a'.repeat(64)} }
configure: { variables: { release: 2022 }, secrets: { token: { env: TOKEN } } }
verify:
  clones: 2
  suites:
    - { goss: verify/goss.yaml, variables: { port: 80 }, minimumCases: 3 }
    - { minimumCases: 2, testinfra: verify/test_it.py }
    - { inspec: verify, inputs: verify/goss.yaml }
aws:
  base: { parameter: '/images/{{ release }}' }
  regions: { eu-west-1: { kmsKeyId: alias/images } }
`

describe('the input hash of an unchanged family', () => {
  test.each([
    [
      'a short family',
      'base: { debian: bookworm }\n',
      undefined,
      'sha256:021dda8f18c763784b2490d5eda1e018c8ea43ba5f75090538a27566d5a2c9ea',
    ],
    ['a family with all settings', rich, undefined, 'sha256:6a2df6933ae995d8067e19223074c8faad22e0dc8db07a52e3450225fcd7f70b'],
    ['this family on another cloud', rich, 'aws', 'sha256:e8898daea3b66e75ec2cdd8b8392dd5209148ad475fd5b7edb38e2797adbd9fd'],
    [
      'a Windows family',
      'os: windows\nbase: { family: other }\n',
      undefined,
      'sha256:dd9b22f051f136446d2b9d7fca1bc59c54acd8a08ea3a458054c82d2cad5402b',
    ],
  ])('is the same as in version 0.1.0: %s', async (_what, yaml, cloud, digest) => {
    using _project = makeProject({
      ...familyFiles('tiny', yaml),
      ...familyFiles('other', 'os: windows\nbase: { amiId: ami-12345678 }\ncloud: aws\n'),
      'playbooks/tiny/requirements.yml': 'collections: []\n',
    })
    const family = await readFamily('tiny', cloud === undefined ? {} : { cloud })
    expect(await computeInputsDigest(family, image, tools)).toBe(digest)
  })
})
