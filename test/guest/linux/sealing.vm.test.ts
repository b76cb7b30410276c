import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findFreePort } from '../../../src/cloud/local/qemu/port.ts'
import { quoteShell } from '../../../src/core/quote.ts'
import { makeKeyPair } from '../../../src/guest/ssh/keys.ts'
import { connectThrough, disconnect, runInGuest } from '../../../src/guest/ssh/ssh.ts'
import type { Host } from '../../../src/model/host.ts'
import { canChroot, copyFolder, debianFolder, runInChroot, sealedPackages } from '../../helpers/chroot.ts'
import { sealWithoutPowerOff } from '../../helpers/seal.ts'

const machineId = '0123456789abcdef0123456789abcdef'

const bookworm = () => debianFolder('bookworm', [...sealedPackages, 'isc-dhcp-client'])

/** Seals a Debian after the given commands, and runs others afterwards. Returns the output of sealing, and of these. */
function seal(before: string, after = ':', swaps = '/dev/null'): { sealing: string; after: string } {
  const script = `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
echo ${machineId} >/etc/machine-id
${before}
part sealing
( SEALED='it is sealed' BUILD_KEY=AAAAkeyOfTheBuild MOUNTS=/dev/null SWAPS=${swaps}
${sealWithoutPowerOff()}
)
part after
${after}
:`
  const parts = runInChroot(bookworm(), script)
  return { sealing: parts.get('sealing') ?? '', after: parts.get('after') ?? '' }
}

/** Commands that start a process with a name of the agent of Session Manager. It writes the files of the agent all the time. */
const agent = `cp /bin/sh /usr/local/bin/ssm-agent-worker
ssm-agent-worker -c 'while :; do mkdir -p /var/lib/amazon/ssm /var/log/amazon/ssm; echo x | tee /var/lib/amazon/ssm/registration >>/var/log/amazon/ssm/agent.log; done' >/dev/null 2>&1 &
until [ -s /var/lib/amazon/ssm/registration ]; do sleep 0.1; done`
const agentLeft = 'pgrep --runstates D,R,S -l ssm; find /var/lib/amazon/ssm /var/log/amazon -type f'

describe.skipIf(!canChroot())('sealing', () => {
  it('ends the agent of Session Manager, which cannot write its files again', () => {
    const { sealing, after } = seal(agent, agentLeft)
    expect(sealing).toBe('it is sealed')
    expect(after).toBe('')
  })

  it('through a connection from the machine itself, ends the agent when the connection is closed, and powers off only then', async () => {
    const keys = mkdtempSync(join(tmpdir(), 'bakehouse-keys-'))
    const { identityFile, publicKey } = await makeKeyPair(keys, 'base')
    const port = await findFreePort()
    // The process 1 is not ended. The end of its input ends it, and all others with it.
    const start = `${agent}
mkdir -p /run/sshd /run/keys
ssh-keygen -q -t ed25519 -N '' -f /run/keys/host
echo '${publicKey}' >/run/keys/authorized
/usr/sbin/sshd -p ${port} -o ListenAddress=127.0.0.1 -o HostKey=/run/keys/host -o AuthorizedKeysFile=/run/keys/authorized -o StrictModes=no -o UsePAM=no
cat /run/keys/host.pub
read -r end`
    using copy = copyFolder(bookworm())
    const running = spawn('sh', ['-c', `exec ${copy.command} sh -c ${quoteShell(start)}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const [hostKey] = (await once(running.stdout, 'data')) as [Buffer]
      const knownHostsFile = join(keys, 'hosts')
      writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}`)
      const host: Host = { instanceId: 'vm', transport: 'ssh', address: '127.0.0.1', port, user: 'root', identityFile, knownHostsFile }
      const connection = connectThrough(join(keys, 'control'), host)
      const apart = connectThrough('none', host)
      const variables = { SEALED: 'it is sealed', MOUNTS: '/dev/null', SWAPS: '/dev/null' }
      const script = sealWithoutPowerOff(`{ ${agentLeft}; } >/run/left; mv /run/left /run/powered-off`)
      expect(await runInGuest(connection, script, { variables })).toMatchObject({ exitCode: 0, stdout: 'it is sealed\n' })
      expect((await runInGuest(connection, 'sleep 2; pgrep --runstates D,R,S ssm-agent && test ! -e /run/powered-off')).exitCode).toBe(0)
      await disconnect(connection)
      await expect
        .poll(() => runInGuest(apart, 'cat /run/powered-off'), { timeout: 120_000, interval: 200 })
        .toMatchObject({ exitCode: 0, stdout: '' })
    } finally {
      running.stdin.end()
      await once(running, 'exit')
      rmSync(keys, { recursive: true })
    }
  }, 300_000)
})
