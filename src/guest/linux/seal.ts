import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../../core/defined.ts'
import { parseDuration } from '../../core/duration.ts'
import { RejectedError } from '../../core/errors.ts'
import { failureOf, type RunResult } from '../../core/exec.ts'
import { readFamilyScript } from '../family-script.ts'
import type { Session } from '../session.ts'
import { readPublicKey } from '../ssh/keys.ts'
import { runInGuest } from '../ssh/ssh.ts'
import { sealedTraces } from './traces/traces.ts'

/** The text that the script prints when everything is removed, just before it powers the machine off. */
const sealed = 'bakehouse: sealed'

/** Runs the seal script of the family, then `seal.sh`, with one command each. The machine powers off at the end. */
export async function sealLinux({ context, connection }: Session): Promise<void> {
  const { family } = context.request
  const settings = { signal: context.signal, timeoutMs: parseDuration(family.seal.timeout) }
  if (family.seal.script !== undefined) {
    context.tell({ type: 'task', name: `run ${family.seal.script}` })
    const result = await runInGuest(connection, readFamilyScript(context, family.seal.script), settings)
    context.log(`${result.stdout}${result.stderr}`)
    if (result.exitCode !== 0)
      throw new RejectedError(`${family.seal.script} ended with exit code ${result.exitCode}: ${failureOf(result)}`)
  }
  context.tell({ type: 'task', name: 'remove keys, logs, history and other traces of the build' })
  const variables = { SEALED: sealed, BUILD_KEY: readPublicKey(connection.host.identityFile) }
  const result = await runInGuest(connection, sealScript(), { ...settings, variables })
  context.log(`${result.stdout}${result.stderr}`)
  context.signal.throwIfAborted()
  for (const text of parseNotes(result.stdout)) context.tell({ type: 'note', text })
  // The connection ends with the machine, so the exit code means nothing.
  if (!result.stdout.includes(sealed)) throw sealingError(result)
}

const scripts = ['quiet.sh', 'old-identity.sh', 'first-boot.sh', 'remove.sh', 'release-space.sh', 'seal.sh']

/** The script that seals a machine. */
export function sealScript(): string {
  return [sealedTraces(), ...scripts.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))].join('\n')
}

/** What to do about the messages of the script. */
const hints: readonly (readonly [message: RegExp, hint: string])[] = [
  [/^these commands are missing/, 'install the packages that contain them in the playbook'],
  [
    /^these files could not be removed/,
    'remove them in a script of the family, with seal: {script: …}; lsattr shows whether they are immutable',
  ],
  [/^these files contain/, 'remove the files or these lines in a script of the family, with seal: {script: …}'],
]

/** The error for a script that did not run to its end. */
export function sealingError(result: RunResult): RejectedError {
  const message = /^seal: (.+)$/m.exec(result.stderr)?.[1]
  if (message === undefined) return new RejectedError(`sealing did not finish: ${failureOf(result)}`)
  const hint = hints.find(([pattern]) => pattern.test(message))?.[1]
  return new RejectedError(`sealing failed: ${message}`, defined({ hint }))
}

/** Parses the notes of the script about what it could not do. Only the first ones, because a machine can print lines without end. */
export function parseNotes(text: string): string[] {
  return [...text.matchAll(/^seal note: (.+)$/gm)].slice(0, 20).map(([, note = '']) => note)
}
