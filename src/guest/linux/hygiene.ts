import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { failureOf } from '../../core/exec.ts'
import { comparePresented, compareWithBase, type HygieneReport, parseHygiene } from '../hygiene.ts'
import { addHostKeys, findBaseIdentity, parseIdentity } from '../identity.ts'
import type { Session } from '../session.ts'
import { readPublicKey } from '../ssh/keys.ts'
import { readPresentedKeys } from '../ssh/presented-keys.ts'
import { runInGuest } from '../ssh/ssh.ts'
import { loginFunctions } from './identity.ts'
import { checkedTraces, uniqueTraces } from './traces/traces.ts'

/** The time of the first start of each machine, in seconds since 1970. Newer files were written by the machine itself. */
const firstBoots = new Map<string, string>()

/** The script of the checks. */
export function hygieneScript(): string {
  return `${checkedTraces()}${uniqueTraces()}${loginFunctions()}\n${readFileSync(join(import.meta.dirname, 'hygiene.sh'), 'utf8')}`
}

/** Runs the hygiene checks on a Linux machine, with one command: it has no traces of its build, and is healthy. */
export async function checkLinuxHygiene({ context, connection }: Session, boots: number): Promise<HygieneReport> {
  const { signal, folder } = context
  const variables = {
    TRIAL_KEY: readPublicKey(connection.host.identityFile),
    NOW: String(Math.round(Date.now() / 1000)),
    BOOTS: String(boots),
    SINCE: firstBoots.get(connection.controlPath) ?? '',
  }
  const [result, presented] = await Promise.all([
    runInGuest(connection, hygieneScript(), { signal, timeoutMs: 480_000, variables }),
    readPresentedKeys(connection, signal),
  ])
  context.log(`\n--- hygiene (exit code ${result.exitCode})\n${result.stdout}${result.stderr}`)
  const booted = result.stdout.match(/^booted (\d+)$/m)?.[1]
  if (booted && boots === 1) firstBoots.set(connection.controlPath, booted)
  const named = parseIdentity(result.stdout)
  const identity = addHostKeys(named, presented)
  const compared = [comparePresented(presented, named.hostKeys), ...compareWithBase(identity, findBaseIdentity(folder))]
  const cases = [...parseHygiene(result.stdout), ...compared]
  if (result.stdout.includes('\nhygiene done\n')) return { cases, identity }
  return { cases, identity, problem: `the checks did not finish: ${failureOf(result)}` }
}
