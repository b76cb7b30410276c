import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { defined } from '../../core/defined.ts'
import { makeSshKey, type SshKeyKind } from '../../core/ssh-key.ts'
import { makeCertificate, packCertificate } from '../../guest/psrp/certificate.ts'
import { forSystem, type Os } from '../../guest/systems.ts'
import type { Host } from '../../model/host.ts'
import type { InstanceSpec } from '../cloud.ts'
import { findRegion } from './clients.ts'
import { optionsOf } from './family-options.ts'
import { renderWindowsUserData } from './windows-user-data.ts'

/** User data of an instance, and the host key that it contains. */
export interface FirstBoot {
  /** Contains the private host key of this machine; for Pulumi it is a secret. */
  readonly userData: string
  readonly pinned: Pick<Host, 'certificateThumbprint'>
}

/** Makes the identity of one machine, pins it (`knownHostsFile`), and renders its user data. */
export async function prepareFirstBoot(name: string, spec: InstanceSpec): Promise<FirstBoot> {
  return forSystem(firstBoots, spec.context.family.os)(name, spec)
}

/** One row for each operating system. */
const firstBoots: Readonly<Record<Os, (name: string, spec: InstanceSpec) => Promise<FirstBoot>>> = {
  linux: linuxFirstBoot,
  windows: windowsFirstBoot,
}

async function linuxFirstBoot(name: string, { context, publicKey, stage, knownHostsFile }: InstanceSpec): Promise<FirstBoot> {
  // Machines in FIPS mode refuse Ed25519.
  const hostKeys = await pinHostKeys(knownHostsFile, name, ['ed25519', 'ecdsa'])
  const { user } = context.family.login
  const agentFrom = optionsOf(context.family).reach === 'ssm' ? agentBucket(await findRegion()) : undefined
  const spec = { user, publicKey, hostKeys, expires: context.expires, stage, ...defined({ agentFrom }) }
  return { userData: renderLinuxUserData(spec), pinned: {} }
}

async function windowsFirstBoot(name: string, { context, publicKey, knownHostsFile }: InstanceSpec): Promise<FirstBoot> {
  if (context.family.login.transport === 'psrp') return windowsRemoting(name)
  const [hostKey] = await pinHostKeys(knownHostsFile, name, ['ed25519'])
  return { userData: renderWindowsUserData({ transport: 'ssh', publicKey, hostKey: hostKey?.private ?? '' }), pinned: {} }
}

type HostKeyKind = Extract<SshKeyKind, 'ed25519' | 'ecdsa'>

interface HostKey {
  readonly kind: HostKeyKind
  readonly private: string
  readonly public: string
}

interface LinuxUserData {
  readonly user: string
  readonly publicKey: string
  readonly hostKeys: readonly HostKey[]
  /** ISO 8601: the machine powers itself off at this time. */
  readonly expires: string
  /** The URL of the bucket that has the agent of Session Manager. The agent is installed from there if the image has none. */
  readonly agentFrom?: string
}

/** The bucket of a region that has the agent of Session Manager. */
export function agentBucket(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/amazon-ssm-${region}/latest`
}

/** User data for cloud-init: host keys, authorized keys, time to power off. Nothing of it stays on the disk. */
export function renderLinuxUserData({
  user,
  publicKey,
  hostKeys,
  expires,
  agentFrom,
}: LinuxUserData & { readonly stage?: string }): string {
  const keys = publicKey.split('\n')
  const end = Math.floor(Date.parse(expires) / 1000)
  const config = {
    ssh_deletekeys: true,
    ssh_keys: Object.assign({}, ...hostKeys.map((key) => ({ [`${key.kind}_private`]: key.private, [`${key.kind}_public`]: key.public }))),
    // With this, root gets the key of the instance and these keys, as a default user does.
    ...(user === 'root' ? { disable_root: false, ssh_authorized_keys: keys } : { users: ['default', account(user, keys)] }),
    // A transient unit: it is not on the disk, so it cannot be in the image. Not a timer: creating one would wait for cloud-init.
    bootcmd: [['sh', '-c', `systemd-run --no-block --unit=bakehouse-lifetime sh -c '${lifetime(end)}' || true`]],
    ...(agentFrom === undefined ? {} : { runcmd: [['sh', '-c', agentScript(agentFrom)]] }),
  }
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`
}

/** Shell that powers off at that time, in seconds since 1970. */
function lifetime(end: number): string {
  return `while [ $(date +%s) -lt ${end} ]; do sleep 60; done; systemctl poweroff`
}

/** Shell that installs the agent of Session Manager. */
export function agentScript(bucket: string): string {
  return `bucket=${bucket}\n${readFileSync(join(import.meta.dirname, 'user-data/session-agent.sh'), 'utf8')}`
}

function account(name: string, keys: readonly string[]): object {
  return { name, sudo: 'ALL=(ALL) NOPASSWD:ALL', shell: '/bin/bash', ssh_authorized_keys: keys }
}

/** Host keys for this machine. The address is not known yet, so `known_hosts` has the keys for every name. */
async function pinHostKeys(knownHostsFile: string, name: string, kinds: readonly HostKeyKind[]): Promise<HostKey[]> {
  const folder = dirname(knownHostsFile)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const make = async (kind: HostKeyKind): Promise<HostKey> => {
    const { file, publicKey } = await makeSshKey(join(folder, `host-${name}-${kind}`), { kind })
    return { kind, private: await readFile(file, 'utf8'), public: publicKey }
  }
  const keys = await Promise.all(kinds.map(make))
  await writeFile(knownHostsFile, keys.map((key) => `* ${key.public}\n`).join(''))
  return keys
}

async function windowsRemoting(name: string): Promise<FirstBoot> {
  const certificate = await makeCertificate(name)
  const pfxPassword = randomBytes(18).toString('base64url')
  const pfx = await packCertificate(certificate, pfxPassword)
  const { thumbprint } = certificate
  const userData = renderWindowsUserData({ transport: 'psrp', pfx, pfxPassword, thumbprint })
  return { userData, pinned: { certificateThumbprint: thumbprint } }
}
