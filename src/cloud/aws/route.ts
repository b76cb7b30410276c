import { MissingError } from '../../core/errors.ts'
import { run } from '../../core/exec.ts'
import { findCommand } from '../../core/find-command.ts'
import { quoteShell } from '../../core/quote.ts'
import type { Family } from '../../model/family.ts'
import type { Host } from '../../model/host.ts'
import type { AwsOptions } from './options.ts'

/** The Session Manager document for SSH sessions. */
export const sessionDocument = 'AWS-StartSSHSession'

/** The setting `aws.reach`: how to connect to instances. */
export type Reach = AwsOptions['reach']

/** The network addresses of an instance. */
export interface Addresses {
  readonly instanceId: string
  readonly publicIp: string
  readonly privateIp: string
  readonly region: string
}

/** Address of an instance, and the proxy command for `ssh`. */
export function routeOf(reach: Reach, { instanceId, publicIp, privateIp, region }: Addresses): Pick<Host, 'address' | 'proxyCommand'> {
  if (reach === 'ssh') return { address: publicIp || privateIp }
  if (reach === 'ssm') return { address: instanceId, proxyCommand: sessionCommand(region) }
  if ('private' in reach) return { address: privateIp }
  if ('bastion' in reach) return { address: privateIp, proxyCommand: bastionCommand(reach.bastion) }
  return { address: privateIp || publicIp, proxyCommand: reach.proxyCommand }
}

/** Throws MissingError if this computer lacks the tools for `aws.reach`. Called before anything is created. */
export function requireReach(reach: Reach): void {
  if (reach !== 'ssm') return
  const missing = Object.keys(sessionTools).filter((name) => findCommand(name) === undefined)
  if (missing.length === 0) return
  throw new MissingError(`aws.reach is ssm, but ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not on the PATH`, {
    hint: missing.map((name) => sessionTools[name]).join('; '),
  })
}

/** The oldest version of the Session Manager plugin that AWS supports (plugin-version-history in docs/aws.md). */
const oldestPlugin = '1.2.764.0'

/** Warns of a Session Manager plugin that AWS does not support any more: its sessions may be refused. */
export async function checkSessionPlugin(reach: Reach, warn: (text: string) => void): Promise<void> {
  if (reach !== 'ssm') return
  const { stdout } = await run('session-manager-plugin', ['--version'], { timeoutMs: 10_000 })
  const version = stdout.trim()
  if (!/^\d+(\.\d+)+$/.test(version) || version.localeCompare(oldestPlugin, 'en', { numeric: true }) >= 0) return
  warn(
    `the Session Manager plugin has the version ${version}; AWS supports ${oldestPlugin} and later, and may refuse the sessions of the build`,
  )
}

/** The tools for a session, and how to install them. */
const sessionTools: Readonly<Record<string, string>> = {
  aws: 'install the AWS CLI (https://aws.amazon.com/cli/)',
  'session-manager-plugin': 'install the Session Manager plugin of the AWS CLI',
}

/** The only open port of the instance. */
export function portOf(family: Family): number {
  return family.login.transport === 'psrp' ? 5986 : 22
}

/** The address range that may connect; undefined if no port is open. Throws MissingError if it cannot be determined. */
export async function findIngress(reach: Reach): Promise<string | undefined> {
  if (reach === 'ssm') return undefined
  if (reach === 'ssh') return `${await findOwnAddress()}/32`
  return 'private' in reach ? reach.private : reach.ingress
}

function sessionCommand(region: string): string {
  return `aws ssm start-session --region ${region} --target %h --document-name ${sessionDocument} --parameters portNumber=%p`
}

/** For the bastion, the ssh settings and the agent of the user apply. */
function bastionCommand(bastion: string): string {
  const [, target = bastion, port] = /^(.*?)(?::(\d+))?$/.exec(bastion) ?? []
  return `ssh -W [%h]:%p ${port === undefined ? '' : `-p ${port} `}${quoteShell(target)}`
}

const addressService = 'https://checkip.amazonaws.com'

async function findOwnAddress(): Promise<string> {
  try {
    const answer = await fetch(addressService, { signal: AbortSignal.timeout(10_000) })
    const address = (await answer.text()).trim()
    if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return address
    throw new Error(`it answered ${answer.status}: ${address.slice(0, 80)}`)
  } catch (cause) {
    throw new MissingError(`Cannot determine the public IP address of this computer with ${addressService}`, {
      hint: 'aws.reach in family.yaml: use ssm, private, a bastion, or a proxyCommand with its own ingress',
      cause,
    })
  }
}
