import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cloudNames } from '../src/cloud/clouds.ts'
import { run } from '../src/core/exec.ts'
import { sourceFolder } from '../src/core/paths.ts'
import { systemNames } from '../src/guest/systems.ts'
import { listVerifiers } from '../src/verify/verifiers.ts'

const root = join(sourceFolder(), '..')
const files = readdirSync(sourceFolder(), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
const readSource = (path: string): string => readFileSync(join(sourceFolder(), path), 'utf8')

const verifierNames = (await listVerifiers()).map(({ name }) => name)

/** Whether a file outside of `cloud/` contains the name of a cloud. */
function knowsCloud(path: string, text: string): boolean {
  return !path.startsWith('cloud/') && new RegExp(`['"\`](${cloudNames.join('|')})['"\`]`).test(text)
}

describe('a cloud', () => {
  test('is named only in its folder and in the list of clouds', () => {
    expect(files.filter((path) => knowsCloud(path, readSource(path)))).toEqual([])
  })

  test.each(cloudNames)('is found if its name, %s, is in another file', (name) => {
    expect(knowsCloud('bake/build.ts', `if (family.cloud === '${name}') return`)).toBe(true)
    expect(knowsCloud(`cloud/${name}/options.ts`, `const name = '${name}'`)).toBe(false)
  })
})

/** Whether a file contains the name of a verifier. Set-up and the folder of Ansible have tools with the same names. */
function knowsVerifier(path: string, text: string): boolean {
  return !/^(verify|setup|guest\/ansible)\//.test(path) && new RegExp(`['"\`](${verifierNames.join('|')})['"\`]`).test(text)
}

describe('a verifier', () => {
  test('is named only in its folder', () => {
    expect(files.filter((path) => knowsVerifier(path, readSource(path)))).toEqual([])
  })

  test.each(verifierNames)('is found if its name, %s, is in another file', (name) => {
    expect(knowsVerifier('family/check-family.ts', `if (verifier === '${name}') return`)).toBe(true)
  })
})

/** Whether a file outside of `guest/` compares with the name of an operating system. Tables with a row per system have no quoted name. */
function comparesSystem(path: string, text: string): boolean {
  // Allowed: `systems: […]` of a verifier or a base image, and `process.platform`, which is this computer. Set-up is for this computer too.
  const code = text.replaceAll(/\bsystems: \[[^\]]*\]|\bplatform [!=]== '\w+'/g, '')
  return !/^(guest|setup)\//.test(path) && new RegExp(`\\bos [!=]==|['"\`](${systemNames.join('|')})['"\`]`).test(code)
}

describe('an operating system', () => {
  test('is compared by name only in its folder', () => {
    expect(files.filter((path) => comparesSystem(path, readSource(path)))).toEqual([])
  })

  test.each(systemNames)('is found if another file compares with the name %s', (name) => {
    expect(comparesSystem('verify/inspec.ts', `const sudo = family.os === '${name}'`)).toBe(true)
    expect(comparesSystem('cloud/aws/user-data.ts', 'if (os !== systemNames[0]) return')).toBe(true)
    expect(comparesSystem('cloud/local/start.ts', `const guest = { os: '${name}' }`)).toBe(true)
    expect(comparesSystem('verify/goss.ts', `export const goss = { systems: ['${name}'] }`)).toBe(false)
  })
})

describe('the source', () => {
  test('has no barrels and no utils', () => {
    expect(files.filter((path) => /(^|\/)(index|utils?|helpers?)(\.ts|\/)/.test(path))).toEqual([])
  })

  test('contains the commands that users type only in core/program.ts, so that they have one form', () => {
    const naming = files.filter((path) => /^(?!\s*(\/\/|\*|\/\*)).*npm run/m.test(readSource(path)))
    expect(naming).toEqual(['core/program.ts'])
  })

  test('has no file with more than 250 lines', () => {
    expect(files.filter((path) => readSource(path).split('\n').length > 251)).toEqual([])
  })
})

/** The rules of `npm run check` that a project with these files breaks. */
async function brokenRules(sources: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-layers-'))
  try {
    for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) cpSync(join(root, name), join(folder, name))
    for (const [path, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const checker = join(root, 'node_modules/.bin/depcruise')
    const { stdout } = await run(checker, ['src', '--output-type', 'json'], { cwd: folder, timeoutMs: 110_000 })
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } }
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the checker of imports', () => {
  test('accepts an import of a lower layer', async () => {
    const sources = { 'src/bake/a.ts': "import { b } from '../model/b.ts'\nexport const a = b\n", 'src/model/b.ts': 'export const b = 1\n' }
    expect(await brokenRules(sources)).toEqual([])
  })

  test('refuses each forbidden import', async () => {
    const planted = {
      // A circle of type imports.
      'src/model/one.ts': "import type { Other } from './other.ts'\nexport type One = Other | 1\n",
      'src/model/other.ts': "import type { One } from './one.ts'\nexport type Other = One | 2\n",
      // Imports of a higher layer: a type import and a dynamic import.
      'src/core/up.ts': "import type { One } from '../model/one.ts'\nexport type Up = One\n",
      'src/life/up.ts': "export const up = () => import('../bake/plan.ts')\n",
      'src/bake/plan.ts': "import { main } from '../cloud/aws/aws.ts'\nexport const plan = main\n",
      // Imports of the folder of a cloud, without the list of clouds: from outside, and from another cloud.
      'src/cloud/aws/aws.ts': "import { disk } from '../local/disk.ts'\nexport const main = disk\n",
      'src/cloud/local/disk.ts': 'export const disk = 1\n',
      // A package that model/ must not import, and the Automation API outside of engine/.
      'src/model/file.ts': "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
      'node_modules/@pulumi/pulumi/package.json': '{"name":"@pulumi/pulumi","version":"3.0.0"}',
      'node_modules/@pulumi/pulumi/automation/index.js': 'exports.Stack = 1\n',
      'src/life/stack.ts': "import { Stack } from '@pulumi/pulumi/automation/index.js'\nexport const stack = Stack\n",
    }
    expect(await brokenRules(planted)).toEqual([
      'automation-in-engine',
      'clouds-apart',
      'clouds-by-their-list',
      'model-is-plain',
      'no-circle',
      'stairs-core',
      'stairs-life',
    ])
  })
})
