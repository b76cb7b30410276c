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
const config = join(folder, 'config.tfrc')
writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${join(folder, 'mirror')}"\n  }\n}\n`)

it.each([
  ['the program that the variable names', { BAKEHOUSE_TEST_AWS_PROVIDER: config, HOME: home }, config],
  ['no program, if the variable is "none"', { BAKEHOUSE_TEST_AWS_PROVIDER: 'none', HOME: home }, undefined],
  ['the newest version 5 of the plugin cache', { TF_PLUGIN_CACHE_DIR: join(folder, 'cache'), HOME: home }, cache('5.100.0')],
  ['the program of a mirror in the configuration file', { TF_CLI_CONFIG_FILE: config, HOME: home }, mirror('5.100.0')],
  ['the program in the home folder', { HOME: home }, plugins('5.100.0')],
])('uses %s', (_, env, program) => {
  expect(findProviderProgram(env)).toBe(program)
})

it('refuses a variable that names no file', () => {
  expect(() => findProviderProgram({ BAKEHOUSE_TEST_AWS_PROVIDER: '/no/such/file' })).toThrow('does not exist: /no/such/file')
})
