import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findProviderProgram } from './find-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-mirror-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a mirror folder with these versions of the provider. Returns the program of a version. */
function writeMirror(mirror: string, versions: readonly string[]): (version: string) => string {
  const file = (version: string): string => {
    const system = `${platform()}_${arch() === 'x64' ? 'amd64' : arch()}`
    return join(mirror, 'registry.terraform.io/hashicorp/aws', version, system, `terraform-provider-aws_v${version}_x5`)
  }
  for (const version of versions) {
    mkdirSync(join(file(version), '..'), { recursive: true })
    writeFileSync(file(version), '')
  }
  return file
}

const home = join(folder, 'home')
const cache = writeMirror(join(folder, 'cache'), ['5.9.0', '5.100.0', '6.0.0'])
const mirror = writeMirror(join(folder, 'mirror'), ['5.100.0'])
const plugins = writeMirror(join(home, '.terraform.d/plugins'), ['5.100.0'])
const data = writeMirror(join(folder, 'data/terraform/plugins'), ['5.100.0'])
const shared = writeMirror(join(folder, 'shared/terraform/plugins'), ['5.100.0'])
const bare = join(folder, 'bare')

/** Writes a configuration file. Returns the environment that names it. */
function configured(name: string, text: string): Record<string, string> {
  const config = join(folder, name)
  writeFileSync(config, text.replaceAll('FOLDER', folder))
  return { TF_CLI_CONFIG_FILE: config, HOME: home }
}

const inLines = 'provider_installation {\n  filesystem_mirror {\n    path = "FOLDER/mirror"\n  }\n}\n'
const inOneLine = 'provider_installation { filesystem_mirror { path = "FOLDER/mirror" } }'
const commented = '# plugin_cache_dir = "FOLDER/cache"\n// filesystem_mirror { path = "FOLDER/cache" }\n'
const commentedOut = `${commented}/* plugin_cache_dir = "FOLDER/cache"\n*/ ${inOneLine} # { path = "FOLDER/cache" }\n`
const named = join(folder, 'named')
writeFileSync(named, '')

it.each<[string, Record<string, string>, string | undefined]>([
  ['the program that the variable names', { BAKEHOUSE_TEST_AWS_PROVIDER: named, HOME: home }, named],
  ['no program, if the variable is "none"', { BAKEHOUSE_TEST_AWS_PROVIDER: 'none', HOME: home }, undefined],
  ['the newest version 5 of the plugin cache', { TF_PLUGIN_CACHE_DIR: join(folder, 'cache'), HOME: home }, cache('5.100.0')],
  ['the plugin cache of the configuration file', configured('cache.tfrc', 'plugin_cache_dir = "FOLDER/cache"\n'), cache('5.100.0')],
  [
    'variables in its path',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Terraform
    { ...configured('home.tfrc', 'plugin_cache_dir="$MIRRORS/${KIND}"'), MIRRORS: folder, KIND: 'cache' },
    cache('5.100.0'),
  ],
  ['the mirror of the configuration file', configured('lines.tfrc', inLines), mirror('5.100.0')],
  ['a mirror in one line', configured('line.tfrc', inOneLine), mirror('5.100.0')],
  ['no mirror in a comment', configured('comments.tfrc', commentedOut), mirror('5.100.0')],
  ['the program in the home folder', { HOME: home }, plugins('5.100.0')],
  ['the data folder of the user', { HOME: bare, XDG_DATA_HOME: join(folder, 'data') }, data('5.100.0')],
  ['the data folders of the system', { HOME: bare, XDG_DATA_DIRS: `${bare}:${join(folder, 'shared')}` }, shared('5.100.0')],
])('uses %s', (_, env, program) => {
  expect(findProviderProgram(env)).toBe(program)
})

it('refuses a variable that names no file', () => {
  expect(() => findProviderProgram({ BAKEHOUSE_TEST_AWS_PROVIDER: '/no/such/file' })).toThrow('does not exist: /no/such/file')
})
