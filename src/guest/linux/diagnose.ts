import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../../model/build-folder.ts'
import type { StepContext } from '../context.ts'
import { type Connection, runInGuest } from '../ssh/ssh.ts'

const separator = '=== bakehouse file '

/** Each file of the bundle and the command that fills it. */
const sources: Readonly<Record<string, string>> = {
  'journal.txt': 'journalctl --boot --no-pager --quiet | tail -n 5000',
  'failed-units.txt': 'systemctl --failed --no-pager --plain; systemctl status --failed --no-pager --full 2>/dev/null',
  'cloud-init.txt': 'for f in /var/log/cloud-init*.log; do [ -f "$f" ] && echo "# $f" && tail -n 2000 "$f"; done',
  'machine.txt': 'uname -a; cat /etc/os-release; uptime; df -h; free -m; ip -brief address; ps -eo pid,user,stat,etime,args',
}

/** Saves what the guest can tell about a failure, redacted. Best effort: a guest that does not answer tells nothing. */
export async function diagnose(context: StepContext, connection: Connection): Promise<void> {
  if (context.request.family.os !== 'linux' || context.signal.aborted) return
  const script = Object.entries(sources).map(([name, command]) => `echo '${separator}${name}'\n{ ${command}; } 2>&1`)
  const result = await runInGuest(connection, script.join('\n'), { signal: context.signal, timeoutMs: 45_000 }).catch(() => undefined)
  if (!result?.stdout.includes(separator)) return
  const folder = join(context.folder, buildFiles.diagnostics)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of splitBundle(result.stdout)) {
    if (text.trim())
      writeFileSync(
        join(folder, `${context.step}-${connection.host.instanceId.replace(/[^\w.-]/g, '_')}-${name}`),
        context.redactor.text(text),
        { mode: 0o600 },
      )
  }
}

/** The parts of a bundle, by file name. */
export function splitBundle(text: string): Map<string, string> {
  const parts = text.split(separator).slice(1)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]))
}
