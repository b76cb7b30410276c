import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianBase } from '../src/cloud/local/base/debian.ts'
import { removeMachine } from '../src/cloud/local/machines/machine.ts'
import { launchMachine } from '../src/cloud/local/provider/launch.ts'
import { makeSshKey } from '../src/core/ssh-key.ts'
import { familySchema } from '../src/family/schema.ts'
import { type DebianVariant, debianVariants } from '../src/model/debian-release.ts'
import { familyOf } from '../src/model/family-file.ts'
import { type BenchRequest, interleave, renderConditions, renderTable, timed } from './measure.ts'

/** Measures the time from start to first login of a machine: with a cold boot, and with a VM snapshot. */
export async function main({ rounds = 5 }: BenchRequest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'boot-'))
  const identityFile = join(folder, 'key')
  const { publicKey } = await makeSshKey(identityFile)
  const family = familyOf(familySchema.parse({ base: { debian: 'bookworm' } }), { name: 'boot', folder })
  const bases: Record<DebianVariant, string> = { standard: '', lean: '' }
  for (const variant of debianVariants) {
    const progress = (line: string): boolean => process.stderr.write(`${line}\n`)
    bases[variant] = (await ensureDebianBase({ release: 'bookworm', variant, progress, signal: new AbortController().signal })).path
  }
  const boot = (variant: DebianVariant, warm: boolean) => async (): Promise<number> => {
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
          image: bases[variant],
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
    for (const variant of debianVariants) await boot(variant, true)()
    const contestants = debianVariants.flatMap((variant) => [
      { name: `${variant}: cold boot to login`, run: boot(variant, false) },
      { name: `${variant}: warm snapshot to login`, run: boot(variant, true) },
    ])
    const measured = await interleave(contestants, rounds)
    const [standardCold = 1, standardWarm = 0, leanCold = 1, leanWarm = 0] = measured.map((each) => each.median)
    const ratios = {
      'warm-over-cold of standard': standardWarm / standardCold,
      'warm-over-cold of lean': leanWarm / leanCold,
      'standard-over-lean cold': standardCold / leanCold,
      'standard-over-lean warm': standardWarm / leanWarm,
    }
    const lines = Object.entries(ratios).map(([name, ratio]) => `ratio ${name}: ${ratio.toFixed(2)}`)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n${lines.join('\n')}\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
