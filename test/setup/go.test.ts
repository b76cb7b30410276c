import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isAtLeast } from '../../src/core/dotted-version.ts'
import { engineVersion } from '../../src/engine/version.ts'
import { goBuildArguments, minimumGo } from '../../src/setup/go.ts'
import { pipArguments } from '../../src/setup/python.ts'

const source = join(import.meta.dirname, '../../src/setup')
const read = (file: string): string => readFileSync(join(source, file), 'utf8')

describe('set-up', () => {
  it('builds the engine without paths of this computer, and sets the version that it prints', () => {
    const build = { modules: '/m', program: 'example/cmd', version: ['example/version.Version', 'v1.2.3'] as const, output: '/o/cmd' }
    expect(goBuildArguments(build)).toEqual([
      'build',
      '-v',
      '-trimpath',
      '-buildvcs=false',
      '-ldflags',
      '-s -w -X example/version.Version=v1.2.3',
      '-o',
      '/o/cmd',
      'example/cmd',
    ])
  })

  it('installs only Python packages with a known hash', () => {
    expect(pipArguments('r.txt')).toContain('--require-hashes')
  })

  it.each(['ansible', 'checks'])('pins every Python package of %s by version and hash, and names no index', (name) => {
    const text = read(`python/${name}.txt`)
    const packages = text.split(/\n(?=[a-z0-9])/i)
    expect(packages.length).toBeGreaterThan(20)
    for (const entry of packages) expect(entry).toMatch(/^[\w.-]+(\[.*\])?==[\w.]+[\s\S]*--hash=sha256:/)
    expect(text).not.toMatch(/https?:|--index/)
  })

  it.each(['engine', 'goss'])('requires in %s/go.mod no newer Go than it checks for', (name) => {
    const asked = /^go (.+)$/m.exec(read(`${name}/go.mod`))?.[1] ?? ''
    expect(isAtLeast(minimumGo, asked)).toBe(true)
  })

  it('builds the engine in the version of the SDK', () => {
    const { dependencies } = JSON.parse(readFileSync(join(source, '../../package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    expect(dependencies['@pulumi/pulumi']).toBe(engineVersion)
    expect(read('engine/go.mod')).toContain(`github.com/pulumi/pulumi/pkg/v3 v${engineVersion}`)
  })
})
