import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseHygiene } from '../../../src/guest/hygiene.ts'
import { hygieneScript } from '../../../src/guest/linux/hygiene.ts'
import type { CaseResult } from '../../../src/model/suite-result.ts'

/** Commands that create a mount namespace, in which other files can be mounted over those of the computer. */
const namespaces = [
  ['unshare', '--user', '--map-root-user', '--mount'],
  ['sudo', '-n', '--preserve-env=PATH,TRIAL_KEY,NOW,BOOTS,SETTLE', 'unshare', '--mount'],
]
const namespace = namespaces.find(([command = '', ...rest]) => spawnSync(command, [...rest, 'true']).status === 0)

/** Whether this user can create such a namespace. */
export const canCover = namespace !== undefined

/** Folders that a test replaces. */
const covered = ['etc/ssh', 'usr/local', 'root', 'sys/dev/block']

/** Runs the hygiene checks with these files (path → text; files in `usr/local/bin` are commands) and modes of files. Returns the test cases by name. */
export function checkFakeRoot(
  files: Readonly<Record<string, string>>,
  modes: Readonly<Record<string, number>> = {},
): { cases: ReadonlyMap<string, CaseResult>; stdout: string } {
  const root = mkdtempSync(join(tmpdir(), 'bakehouse-root-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      chmodSync(file, modes[path] ?? (path.includes('bin/') ? 0o755 : 0o600))
    }
    for (const folder of covered) mkdirSync(join(root, folder), { recursive: true })
    const single = Object.keys(files).filter((path) => !covered.some((folder) => path.startsWith(`${folder}/`)))
    const mounts = [...covered, ...single].map((path) => `mount --bind '${root}/${path}' '/${path}'`)
    const [command = '', ...rest] = namespace ?? []
    const stdout = execFileSync(command, [...rest, 'sh', '-s'], {
      ...{ encoding: 'utf8' as const, stdio: ['pipe', 'pipe', 'ignore'] as ('pipe' | 'ignore')[] },
      input: `{\n${mounts.join('\n')}\n${hygieneScript()}\n} </dev/null\n`,
      env: { PATH: `/usr/local/bin:${process.env.PATH}`, TRIAL_KEY: 'TRIALKEY', NOW: '0', BOOTS: '1', SETTLE: '20' },
    })
    return { cases: new Map(parseHygiene(stdout).map((one) => [one.name, one])), stdout }
  } finally {
    rmSync(root, { recursive: true })
  }
}
