import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianBase } from '../src/cloud/local/base/debian.ts'
import { removeMachine } from '../src/cloud/local/machines/machine.ts'
import { launchMachine } from '../src/cloud/local/provider/launch.ts'
import { makeSshKey } from '../src/core/ssh-key.ts'
import { familySchema } from '../src/family/schema.ts'
import { familyOf } from '../src/model/family-file.ts'
import { interleave, parseRounds, renderConditions, renderTable, timed } from './measure.ts'

/** Measures the time from start to first login of a machine: with a cold boot, and with a VM snapshot. */
export async function main(args: readonly string[]): Promise<void> {
  const rounds = parseRounds(args, 5)
  const folder = mkdtempSync(join(tmpdir(), 'boot-'))
  const identityFile = join(folder, 'key')
  const { publicKey } = await makeSshKey(identityFile)
  const family = familyOf(familySchema.parse({ base: { debian: 'bookworm' } }), { name: 'boot', folder })
  const base = await ensureDebianBase({
    release: 'bookworm', variant: 'lean',
    progress: (line) => process.stderr.write(`${line}\n`),
    signal: new AbortController().signal,
  })
  const boot = (warm: boolean) => async (): Promise<number> => {
    let launched: Awaited<ReturnType<typeof launchMachine>> | undefined
    const seconds = await timed(async () => {
      launched = await launchMachine(
        {
          name: 'boot',
          tags: {
            tool: 'bakehouse',
            family: 'boot',
            version: '',
            build: 'boot',
            stage: 'trial',
            expires: new Date(Date.now() + 3_600_000).toISOString(),
          },
          image: base.path,
          publicKey,
          identityFile,
          knownHostsFile: join(folder, 'known_hosts'),
          user: 'root',
          login: 'credential',
          ...family.machine,
          loginTimeoutSeconds: 600,
          warm,
          diagnosticsFolder: '',
        },
        new AbortController().signal,
      )
    })
    if (launched) await removeMachine(launched.machine)
    return seconds
  }
  try {
    await boot(true)()
    const measured = await interleave(
      [
        { name: 'cold boot to login', run: boot(false) },
        { name: 'warm snapshot to login', run: boot(true) },
      ],
      rounds,
    )
    const [cold = 1, warm = 0] = measured.map((each) => each.median)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\nratio warm-over-cold: ${(warm / cold).toFixed(2)}\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
