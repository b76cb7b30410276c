import { expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.ts'
import { parseFamily } from '../../src/family/parse-family.ts'
import { parseRequirements } from '../../src/guest/ansible/requirements.ts'

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghij'.split('').map((name, index) => {
    const before = 'abcdefghij'[index]
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`
  }),
].join('\n')

/** YAML that attacks the program that reads it. */
const attacks: Readonly<Record<string, string>> = {
  'aliases that expand to a billion texts': bomb,
  'a mapping that contains itself': 'base: &b { debian: *b }',
  'a merge key': 'base: &b { debian: bookworm }\n<<: *b',
  'a tag for code of JavaScript': 'base: !!js/function "function () { process.exit(7) }"',
  'a tag for code of Python': 'base: !!python/object/apply:os.system ["id"]',
  'a local tag': 'base: !include /etc/passwd',
  'a declared tag': '%TAG !e! tag:example.org,2000:\n---\nbase: !e!x 1',
  'the prototype as a key': '__proto__: { polluted: yes }\nbase: { debian: bookworm }',
  'the prototype in a nested mapping': 'base: { debian: bookworm, __proto__: { polluted: yes } }',
  'the constructor as a key': 'constructor: { prototype: { polluted: yes } }\nbase: { debian: bookworm }',
  'a mapping as a key': '? { a: 1 }\n: 2',
  '100,000 levels': `base: ${'['.repeat(100_000)}`,
  '100,000 mappings': `base: ${'{a: '.repeat(100_000)}`,
  'two documents': 'base: { debian: bookworm }\n---\nbase: { debian: trixie }',
  'the same key twice': 'base: { debian: bookworm }\nbase: { debian: trixie }',
  'a null byte': 'base: { debian: "book\0worm" }',
}

test.each(Object.entries(attacks))('family.yaml: %s is an error of the file, and changes nothing', (_what, yaml) => {
  const read = (): unknown => parseFamily(Buffer.from(yaml), 'family.yaml')
  expect(read).toThrow(UsageError)
  expect(read).toThrow(/^family\.yaml:\d+:\d+: /)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test.each([
  ['aliases that expand to a billion texts', `${bomb}\ncollections: *j`],
  ['the prototype as a key', '__proto__: { polluted: yes }\ncollections: [{ __proto__: { name: x } }]'],
  ['a tag for code', 'collections: !!js/function "x"'],
])('requirements.yml: %s is an error, or changes nothing', (_what, yaml) => {
  expect(() => parseRequirements(yaml)).toThrow(UsageError)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})
