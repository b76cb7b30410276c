import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { checkSessionPlugin } from '../../../src/cloud/aws/route.ts'

const bin = mkdtempSync(join(tmpdir(), 'bh-plugin-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(bin, { recursive: true })
})

/** The warnings about a plugin that prints this as its version. */
async function warningsAbout(printed: string, reach: 'ssm' | 'ssh' = 'ssm'): Promise<string[]> {
  writeFileSync(join(bin, 'session-manager-plugin'), `#!/bin/sh\n[ "$1" = --version ] && echo '${printed}'\n`, { mode: 0o755 })
  vi.stubEnv('PATH', bin)
  const warnings: string[] = []
  await checkSessionPlugin(reach, (text) => warnings.push(text))
  return warnings
}

it.each(['1.1.17.0', '1.2.99.0', '1.2.763.0'])('warns of the Session Manager plugin %s, which AWS does not support', async (version) => {
  expect(await warningsAbout(version)).toEqual([expect.stringContaining(`has the version ${version}; AWS supports 1.2.764.0 and later`)])
})

it.each(['1.2.764.0', '1.2.1000.0', '2.0.0', 'unknown', ''])('does not warn of a plugin that prints "%s"', async (version) => {
  expect(await warningsAbout(version)).toEqual([])
})

it('asks no plugin unless aws.reach is ssm', async () => {
  expect(await warningsAbout('1.1.17.0', 'ssh')).toEqual([])
})
