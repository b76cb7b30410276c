import { setTimeout as sleep } from 'node:timers/promises'
import { BuildFailed } from '../../core/errors.ts'
import { run } from '../../core/exec.ts'
import type { Host } from '../../model/host.ts'

/** One login that proves that the instance is up and is the one that was told its host key. */
export function loginArguments(host: Host): string[] {
  const options = {
    BatchMode: 'yes',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    IdentityFile: quote(host.identityFile),
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: quote(host.knownHostsFile),
    GlobalKnownHostsFile: '/dev/null',
    ConnectTimeout: '30',
    ...(host.proxyCommand === undefined ? {} : { ProxyCommand: host.proxyCommand }),
  }
  const settings = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  return ['-F', 'none', ...settings, '-p', String(host.port), '-l', host.user, host.address, 'exit 0']
}

/** Waits until the instance lets us in. Throws BuildFailed with the last thing that `ssh` said. */
export async function waitForLogin(host: Host, deadlineMs: number): Promise<void> {
  for (const end = Date.now() + deadlineMs; ; await sleep(2_000)) {
    const { exitCode, stderr } = await run('ssh', loginArguments(host), { timeoutMs: 60_000 })
    if (exitCode === 0) return
    if (Date.now() < end) continue
    const said = stderr.trim().split('\n').at(-1) || `ssh exit ${exitCode}`
    throw new BuildFailed(`instance ${host.instanceId} let nobody in within ${Math.round(deadlineMs / 1000)} s: ${said}`, {
      hint: 'aws.reach and login.user in family.yaml; the console log is in the diagnostics folder',
    })
  }
}

/** In the syntax of ssh_config. */
function quote(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}
