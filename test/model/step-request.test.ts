import { describe, expect, test } from 'vitest'
import { optionsOf } from '../../src/cloud/aws/family-options.ts'
import { familySchema } from '../../src/family/schema.ts'
import { fileOf } from '../../src/model/family-file.ts'
import type { StepRequest } from '../../src/model/step.ts'
import { parseRequest, renderRequest } from '../../src/model/step-request.ts'
import { makeFamily } from '../helpers/family.ts'

const fields = {
  cloud: 'aws',
  base: { amiId: 'ami-12345678' },
  verify: {
    suites: [
      { minimumCases: 3, goss: 'goss.yaml', variables: { port: 80 } },
      { inspec: 'verify', waivers: 'waivers.yml' },
    ],
  },
  aws: { regions: { 'eu-west-1': {} } },
}
const file = familySchema.parse(fields)
const place = { name: 'web', folder: '/web' }
const rest = { version: '2026.11.23', build: 'b1', cloud: 'aws', previousCases: { goss: 3 }, prove: false }
const request: StepRequest = { family: makeFamily(fields, place), ...rest }

describe('request.json', () => {
  test('contains its format number, and is read as it was written', () => {
    const text = renderRequest(request)
    expect(JSON.parse(text)).toMatchObject({ format: 2 })
    expect(parseRequest(text, 'request.json')).toEqual(request)
  })

  test('of an older version, with the family in the form of its file, gives the same request', () => {
    const old = parseRequest(JSON.stringify({ family: { ...file, ...place }, ...rest }), 'request.json')
    expect(old).toEqual(request)
    expect(Object.keys(optionsOf(old.family).regions), 'so that copies in other regions are known').toEqual(['eu-west-1'])
  })

  test.each([
    [
      'of a newer version',
      JSON.stringify({ format: 3, ...request }),
      'request.json: expected a request of format 2 or older, got format 3',
    ],
    [
      'that lacks a part',
      JSON.stringify({ format: 2, family: {} }),
      'request.json: expected a request with version, build, cloud, previousCases, prove, got one without',
    ],
    ['that is truncated', '{"format": 2', 'request.json: expected a request of a step, got something that is not JSON'],
    ['that is a list', '[]', 'request.json: expected a request of a step, got another kind of JSON'],
  ])('%s is an error', (_what, text, message) => {
    expect(() => parseRequest(text, 'request.json')).toThrow(message)
  })
})

describe('a family', () => {
  test('has its base and its suites with their kinds', () => {
    expect(request.family.base).toEqual({ kind: 'amiId', amiId: 'ami-12345678' })
    expect(request.family.verify.suites).toEqual([
      { verifier: 'goss', file: 'goss.yaml', minimumCases: 3, options: { variables: { port: 80 } } },
      { verifier: 'inspec', file: 'verify', options: { waivers: 'waivers.yml' } },
    ])
  })

  test('can be converted back to its file, from which the input hash is computed', () => {
    expect(fileOf(request.family)).toEqual(file)
  })
})
