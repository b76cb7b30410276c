import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../../../src/core/exec.ts'
import { findVenv } from '../../../src/guest/ansible/venv.ts'
import { openForward } from '../../../src/guest/psrp/forward.ts'
import { windowsPsrpVariables } from '../../../src/guest/windows/variables.ts'
import type { Host } from '../../../src/model/host.ts'
import { withWsman } from '../../helpers/wsman.ts'

const ansible = (() => {
  try {
    return join(findVenv(), 'bin/ansible')
  } catch {
    return ''
  }
})()

// Needs no machine, only Ansible with its connection plugin.
describe.skipIf(!existsSync(ansible))('the PSRP connection plugin of Ansible (skipped until set-up has run)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bh-'))
  const wsman = withWsman()
  const { requests } = wsman
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /**
   * The message of Ansible for a ping through the local TLS proxy. The machine refuses every login. Tests do not compare the message,
   * because it depends on which side closes first.
   */
  async function ping(pinned: string, trusted?: string): Promise<string> {
    await using door = await openForward({
      address: '127.0.0.1',
      port: wsman.port,
      certificateThumbprint: pinned,
    })
    const [certificateFile, inventory, secrets] = ['door.pem', 'hosts.json', 'secrets.yml'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(certificateFile, trusted ?? door.certificate)
    const variables = windowsPsrpVariables({ user: 'Administrator' } as Host, { port: door.port, certificateFile })
    writeFileSync(inventory, JSON.stringify({ all: { hosts: { machine: { ...variables, ansible_psrp_reconnection_retries: 0 } } } }))
    writeFileSync(secrets, 'ansible_password: !unsafe "geheim-9"\n', { mode: 0o600 })
    requests.length = 0
    const { stdout, stderr } = await run(ansible, ['-i', inventory, '-e', `@${secrets}`, 'all', '-m', 'ansible.windows.win_ping'], {
      timeoutMs: 120_000,
    })
    expect(stdout + stderr).toContain('machine | ')
    return stdout + stderr
  }

  it('connects to the machine through the local TLS proxy, and tries to log in', async () => {
    expect(await ping(wsman.certificate.thumbprint)).not.toContain('SUCCESS')
    expect(requests).toContain('POST /wsman Negotiate')
  })

  it('sends no data if the machine has another certificate', async () => {
    expect(await ping('AB'.repeat(20))).not.toContain('SUCCESS')
    expect(requests).toEqual([])
  })

  it('trusts only the certificate of the local TLS proxy', async () => {
    expect(await ping(wsman.certificate.thumbprint, wsman.certificate.certificate)).not.toContain('SUCCESS')
    expect(requests).toEqual([])
  })
})
