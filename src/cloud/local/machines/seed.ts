import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../../../core/exec.ts'

/** The input of cloud-init for a machine. */
export interface Seed {
  readonly instanceId: string
  readonly user: string
  /** The authorized keys, one a line. */
  readonly publicKey: string
}

/** The user data: one user with sudo rights, and the authorized keys. */
function renderUserData({ user, publicKey }: Seed): string {
  const account = user === 'root' ? [] : ['    sudo: "ALL=(ALL) NOPASSWD:ALL"', '    shell: /bin/bash']
  return [
    '#cloud-config',
    'disable_root: false',
    'users:',
    `  - name: ${user}`,
    ...account,
    '    ssh_authorized_keys:',
    ...publicKey.split('\n').map((key) => `      - ${key}`),
    '',
  ].join('\n')
}

/** Writes the disk with the label `cidata` from which cloud-init's NoCloud data source reads. */
export async function writeSeed(path: string, seed: Seed): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bakehouse-seed-'))
  try {
    await writeFile(join(folder, 'user-data'), renderUserData(seed))
    await writeFile(join(folder, 'meta-data'), `instance-id: ${seed.instanceId}\n`)
    await runTool('xorriso', ['-as', 'genisoimage', '-quiet', '-V', 'cidata', '-J', '-r', '-o', path, folder])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
