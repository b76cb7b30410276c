import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../../../src/core/paths.ts'

const files = ['src/cloud/aws', 'stacks'].flatMap((folder) =>
  readdirSync(join(projectFolder(), folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|yaml)$/.test(path))
    .map((path) => join(folder, path)),
)
const read = (path: string): string => readFileSync(join(projectFolder(), path), 'utf8')

/** Code that creates an instance or a launch template on EC2. */
const creates =
  /(new (?:Instance|LaunchTemplate)\(|\): RunInstancesCommandInput \{|CreateLaunchTemplateCommand\(|Type: AWS::EC2::(?:LaunchTemplate|Instance))/g

/** The creations of a file that do not require IMDSv2 with one hop. */
function open(text: string): string[] {
  return [...text.matchAll(creates)].flatMap(([what, ,], index, all) => {
    const { index: from } = all[index] as RegExpExecArray
    const piece = text.slice(from, all[index + 1]?.index)
    return /httpTokens: '?required/i.test(piece) && /httpPutResponseHopLimit: 1\b/i.test(piece) ? [] : [what]
  })
}

test('every instance and launch template on EC2 requires IMDSv2, for one hop', () => {
  const ec2 = files.filter((path) => /aws\/ec2|client-ec2|AWS::EC2/.test(read(path)))
  const creating = ec2.filter((path) => read(path).match(creates))
  expect(creating.sort()).toEqual(['src/cloud/aws/run-input.ts', 'stacks/asg/program.ts', 'stacks/cloudformation/template.yaml'])
  expect(creating.flatMap((path) => open(read(path)))).toEqual([])
  expect(files.filter((path) => read(path).includes('RunInstancesCommand('))).toEqual(['src/cloud/aws/launch.ts'])
})

test('every image requires IMDSv2 of its instances, before it can be launched by others', () => {
  const finish = read('src/cloud/aws/finish.ts')
  expect(finish).toMatch(/Attribute: 'imdsSupport', ImdsSupport: \{ Value: 'v2\.0' \}/)
})

test.each([
  ["new Instance('x', { ami })", ['new Instance(']],
  ["new LaunchTemplate('x', { metadataOptions: { httpTokens: 'optional', httpPutResponseHopLimit: 1 } })", ['new LaunchTemplate(']],
  ["new Instance('x', { metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 64 } })", ['new Instance(']],
  ["new Instance('x', { metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 } })", []],
])('is found in %s: %j', (code, found) => {
  expect(open(code)).toEqual(found)
})
