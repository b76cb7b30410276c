import { setTimeout as sleep } from 'node:timers/promises'
import { BuildFailed } from '../../core/errors.ts'
import { run } from '../../core/exec.ts'
import type { Host } from '../../model/host.ts'

/** One login. It shows that the instance has started and has the host key that it was given. */
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

/** Waits until SSH login works. Throws BuildFailed with the last message of `ssh`. */
export async function waitForLogin(host: Host, deadlineMs: number): Promise<void> {
  for (const end = Date.now() + deadlineMs; ; await sleep(2_000)) {
    const { exitCode, stderr } = await run('ssh', loginArguments(host), { timeoutMs: 60_000 })
    if (exitCode === 0) return
    if (Date.now() < end) continue
    const said = stderr.trim().split('\n').at(-1) || `ssh exit ${exitCode}`
    throw new BuildFailed(`SSH login to instance ${host.instanceId} timed out after ${Math.round(deadlineMs / 1000)} s: ${said}`, {
      hint: 'check aws.reach and login.user in family.yaml, and the console log in the diagnostics folder',
    })
  }
}

/** In the syntax of ssh_config. */
function quote(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}
