import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseState, type StackState } from '../../src/engine/state.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { makeProject } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const project = makeProject({})
const other = mkdtempSync(join(tmpdir(), 'bh-passphrase-'))
let state: StackState | undefined

const useProject = (): void => {
  vi.stubEnv('BAKEHOUSE_HOME', project.home)
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', undefined)
}
const ask = async (): Promise<unknown> => (await openProjectEngine()).requirePassphrase('tiny', state).catch((error: unknown) => error)

beforeAll(async () => {
  useProject()
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', 'open sesame')
  const engine = await openProjectEngine()
  const stack = await engine.openStack('tiny')
  await stack.up(async () => ({ word: 'x' }), { message: 'one', signal: new AbortController().signal })
  state = await engine.findState('tiny')
}, 240_000)
afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  rmSync(other, { recursive: true })
  await project[Symbol.asyncDispose]()
}, 240_000)

describe('the passphrase of a stack that the engine created', () => {
  it('is checked with the state, from the variable or from a file without its line end', async () => {
    useProject()
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', 'open sesame')
    expect(await ask()).toBeUndefined()
    const file = join(other, 'secret')
    writeFileSync(file, 'open sesame\n')
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', file)
    expect(await ask()).toBeUndefined()
  })

  it.each([
    ['a variable', () => vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', 'wrong'), /^The value of PULUMI_CONFIG_PASSPHRASE is not/],
    ['an empty variable', () => vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', ''), /^The value of PULUMI_CONFIG_PASSPHRASE is not/],
    ['the file that the project has generated', () => {}, /\.bakehouse\/passphrase is not the passphrase of the stack tiny$/],
    [
      'a file',
      () => {
        writeFileSync(join(other, 'wrong'), 'wrong')
        vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(other, 'wrong'))
      },
      /wrong of PULUMI_CONFIG_PASSPHRASE_FILE is not/,
    ],
    [
      'a missing file',
      () => vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(other, 'absent')),
      /^The passphrase of the state cannot be read: .*absent/,
    ],
  ])('is a missing credential (exit code 3) if another one is in %s', async (_name, set, message) => {
    useProject()
    set()
    expect(await ask()).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(message),
      hint: expect.stringContaining('set PULUMI_'),
    })
  })

  it('is not needed if a cloud key encrypts the secrets', async () => {
    useProject()
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(other, 'absent'))
    vi.stubEnv('BAKEHOUSE_SECRETS_PROVIDER', 'awskms://alias/x')
    const engine = await openProjectEngine()
    const cloudState = parseState({ secrets_providers: { type: 'cloud', state: {} } })
    await expect(engine.requirePassphrase('tiny', cloudState)).resolves.toBeUndefined()
  })

  it('stops a build before it creates anything if it is wrong', async () => {
    useProject()
    const disk = Buffer.alloc(1 << 20)
    disk.writeUInt16BE(0x55aa, 510)
    writeFileSync(join(project.folder, 'base.raw'), disk)
    const sha256 = createHash('sha256').update(disk).digest('hex')
    project.write(tinyFamily('tiny', { family: `base: {image: ../../base.raw, sha256: ${sha256}}\n` }))
    const { exitCode, outcome } = await project.bake('tiny', [], { PULUMI_CONFIG_PASSPHRASE: 'wrong' })
    expect([exitCode, outcome.error?.message]).toEqual([3, expect.stringContaining('The value of PULUMI_CONFIG_PASSPHRASE is not')])
    expect(['builds', 'instances', 'images'].filter((name) => existsSync(join(project.home, name)))).toEqual([])
  })
})
