import { quoteShell } from '../../core/quote.ts'
import type { OfflineDisk } from '../../model/offline-disk.ts'
import type { CaseResult } from '../../model/suite-result.ts'
import type { Session } from '../session.ts'
import { runInGuest } from '../ssh/ssh.ts'
import { judgeOffline } from './offline.ts'

/** Programs that a machine is asked about: more names than this do not fit into one command. */
const mostPrograms = 2_000

/** Checks the disk of a Linux image, and compares it with what a machine of the image says. */
export async function checkLinuxOffline({ context, connection }: Session, disk: OfflineDisk): Promise<readonly CaseResult[]> {
  return judgeOffline(disk, async (paths) => {
    const named = paths.filter((path) => !path.includes('\n')).slice(0, mostPrograms)
    const script = `for file in ${named.map(quoteShell).join(' ')}; do stat -c '%a %n' "$file"; done 2>/dev/null`
    const { stdout } = await runInGuest(connection, script, { signal: context.signal, timeoutMs: 60_000 })
    return parseModes(stdout)
  })
}

/** Permissions by path, from lines of `4755 /usr/bin/su`. */
export function parseModes(text: string): Map<string, number> {
  return new Map([...text.matchAll(/^([0-7]{1,5}) (\/.*)$/gm)].map(([, mode = '', path = '']) => [path, Number.parseInt(mode, 8)]))
}
