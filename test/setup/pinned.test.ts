import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sourceFolder } from '../../src/core/paths.ts'
import { waysToInstallEngine } from '../../src/setup/pulumi-engine.ts'
import { collectionsArguments, pipArguments } from '../../src/setup/python.ts'

const project = join(sourceFolder(), '..')
const read = (...path: string[]): string => readFileSync(join(project, ...path), 'utf8')

describe('downloads of set-up', () => {
  test.each([
    ['is built from pinned sources if Go is installed', { online: true, go: '/go' }, ['build']],
    ['is downloaded if Go is not installed', { online: true, go: undefined }, ['download']],
    ['is an error without Go and without network', { online: false, go: undefined }, []],
  ])('the engine: %s', (_claim, given, ways) => {
    expect(waysToInstallEngine(given)).toEqual(ways)
  })

  test.each([
    ['packages', pipArguments],
    ['Ansible collections', collectionsArguments],
  ])('pip installs only %s that are pinned by digest, and builds none', (_what, argumentsOf) => {
    const line = argumentsOf('requirements.txt').join(' ')
    expect(line).toContain('--require-hashes')
    expect(line).toContain('--only-binary :all:')
  })

  test.each([
    ['ansible.txt', 10],
    ['checks.txt', 10],
    ['collections.txt', 1],
  ])('each package of %s has a digest', (name, least) => {
    const packages = read('src/setup/python', name)
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => /^[A-Za-z0-9]/.test(line))
    expect(packages.length).toBeGreaterThanOrEqual(least)
    expect(packages.filter((line) => !/==\S+.*--hash=sha256:[0-9a-f]{64}/.test(line))).toEqual([])
  })

  test.each(['engine', 'goss'])('the modules of %s have checksums', (name) => {
    expect(read('src/setup', name, 'go.sum')).toMatch(/^\S+ v\S+ h1:/m)
  })

  test('npm packages have digests', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { integrity?: string; link?: boolean }> }
    const unpinned = Object.entries(packages).filter(
      ([path, { integrity, link }]) => path.startsWith('node_modules/') && !integrity && !link,
    )
    expect(unpinned.map(([path]) => path)).toEqual([])
  })
})

describe('the workflows', () => {
  const folder = join(project, '.github/workflows')
  const uses = readdirSync(folder).flatMap((file) =>
    [...read('.github/workflows', file).matchAll(/uses: (\S+)/g)].map(([, action]) => `${file} ${action}`),
  )

  test('pin every action by its commit', () => {
    expect(uses.length).toBeGreaterThan(4)
    expect(uses.filter((use) => !/@[0-9a-f]{40}$/.test(use))).toEqual([])
  })

  test.each(readdirSync(folder))('%s declares the permissions of its token', (file) => {
    expect((parse(read('.github/workflows', file)) as { permissions?: object }).permissions).toBeDefined()
  })
})
