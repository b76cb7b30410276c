import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { engineEnvironment } from '../../src/engine/environment.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bh-environment-'))
  vi.stubEnv('BAKEHOUSE_HOME', home)
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const defaults = {
  PULUMI_BACKEND_URL: () => `file://${join(home, 'state')}`,
  PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: () => 'true',
  GOGC: () => '400',
} as const

describe('the environment of the engine', () => {
  it.each(Object.entries(defaults))('sets %s by default', (name, value) => {
    vi.stubEnv(name, undefined)
    expect(engineEnvironment()[name]).toBe(value())
  })

  it.each(Object.keys(defaults))('keeps %s of the user', (name) => {
    vi.stubEnv(name, 'mine')
    expect(engineEnvironment()[name]).toBe('mine')
  })

  it.each(['my state', "it's", 'a "b"', 'Bücher', '100%', '50%25', '#1', 'a,b', '$5', 'what?'])(
    'has a URL for the state in the folder %s',
    (name) => {
      vi.stubEnv('BAKEHOUSE_HOME', join(home, name))
      const url = engineEnvironment().PULUMI_BACKEND_URL ?? ''
      expect(new URL(url).pathname).toBe(url.replace('file://', ''))
      expect(fileURLToPath(url)).toBe(join(home, name, 'state'))
    },
  )

  it('resolves the path of a passphrase file in the folder of the user, because the engine runs in another one', () => {
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', 'secret.txt')
    expect(engineEnvironment().PULUMI_CONFIG_PASSPHRASE_FILE).toBe(resolve('secret.txt'))
  })

  it('has the same passphrase in all runs, unless the user sets one', () => {
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', undefined)
    expect(engineEnvironment().PULUMI_CONFIG_PASSPHRASE_FILE).toBe(join(home, 'passphrase'))
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', 'mine')
    expect(engineEnvironment()).not.toHaveProperty('PULUMI_CONFIG_PASSPHRASE_FILE')
  })

  it.each(['s3://state', 'file:///srv/state', 'https://api.pulumi.com'])('generates no passphrase for the shared state %s', (backend) => {
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', undefined)
    expect(engineEnvironment(backend)).not.toHaveProperty('PULUMI_CONFIG_PASSPHRASE_FILE')
    expect(existsSync(join(home, 'passphrase'))).toBe(false)
  })

  it('makes a relative path of the state absolute', () => {
    expect(engineEnvironment('file://./state').PULUMI_BACKEND_URL).toBe(`file://${resolve('state')}`)
  })
})
