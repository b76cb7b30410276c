import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../../model/build-folder.ts'
import type { Session } from '../session.ts'
import { runInGuest } from '../ssh/ssh.ts'

/** The files of the diagnostics, with the commands that print them. A machine cannot choose file names: it prints the number of a file. */
const sources: readonly (readonly [string, string])[] = [
  ['journal.txt', 'journalctl --boot --no-pager --quiet | tail -n 5000'],
  ['failed-units.txt', 'systemctl --failed --no-pager --plain; systemctl status --failed --no-pager --full 2>/dev/null'],
  ['cloud-init.txt', 'for f in /var/log/cloud-init*.log; do [ -f "$f" ] && echo "# $f" && tail -n 2000 "$f"; done'],
  ['machine.txt', 'uname -a; cat /etc/os-release; uptime; df -h; free -m; ip -brief address; ps -eo pid,user,stat,etime,args'],
]

/** Maximum number of characters of a file. */
const longestFile = 4 * 1024 * 1024

/** Saves redacted logs of the machine to the diagnostics folder. If the machine does not answer, saves nothing. */
export async function saveDiagnostics({ context, connection }: Session): Promise<void> {
  if (context.signal.aborted) return
  const separator = makeSeparator()
  const result = await runInGuest(connection, diagnosticsScript(separator), { signal: context.signal, timeoutMs: 45_000 }).catch(
    () => undefined,
  )
  const files = [...parseDiagnostics(result?.stdout ?? '', separator)].filter(([, text]) => text.trim() !== '')
  if (files.length === 0) return
  const folder = join(context.folder, buildFiles.diagnostics)
  mkdirSync(folder, { recursive: true })
  const machine = connection.host.instanceId.replace(/[^\w.-]/g, '_')
  for (const [name, text] of files) {
    const clean = context.redactor.text(text)
    writeFileSync(join(folder, `${context.step}-${machine}-${name}`), cut(clean), { mode: 0o600 })
  }
}

/** A random line. No text in the machine can contain it, because it is new in each run. */
function makeSeparator(): string {
  return `=== bakehouse ${randomBytes(16).toString('hex')} `
}

/** The shell script that prints all files, each after a line with the separator and its number. */
export function diagnosticsScript(separator: string): string {
  return sources.map(([, command], index) => `printf '\\n%s%s\\n' '${separator}' ${index}\n{ ${command}; } 2>&1`).join('\n')
}

/** The output of the script by file name. Text after an unknown or repeated number is left out. */
export function parseDiagnostics(text: string, separator: string): Map<string, string> {
  const files = new Map<string, string>()
  for (const part of text.split(`\n${separator}`).slice(1)) {
    const end = part.indexOf('\n')
    const name = sources[Number(part.slice(0, end))]?.[0]
    if (end > 0 && name !== undefined && !files.has(name)) files.set(name, part.slice(end + 1))
  }
  return files
}

function cut(text: string): string {
  return text.length <= longestFile ? text : `${text.slice(0, longestFile)}\n… the rest is left out\n`
}
