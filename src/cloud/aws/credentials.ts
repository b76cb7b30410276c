import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { parseDuration } from '../../core/duration.ts'
import { MissingError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import { longestBuild } from '../../model/lifetime.ts'
import type { BaseSearch } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { optionsOf } from './family-options.ts'

/** Credentials, with what is needed to compute their expiry. */
export interface CredentialLife {
  readonly expiration?: Date
  /** Feature codes of the SDK: the source of the credentials. */
  readonly $source?: Readonly<Record<string, unknown>>
}

/**
 * The account of the credentials. Throws MissingError if AWS rejects them, or if they expire before the build can end. Warns if a session of
 * Session Manager may end before a step does.
 */
export async function checkCredentials(family: Family, warn: BaseSearch['warn']): Promise<string> {
  const credentials: CredentialLife = await ask('to start a build', () => clients.ec2().config.credentials())
  const left = remainingLife(credentials, process.env.AWS_CREDENTIAL_EXPIRATION)
  const needed = longestBuild(family)
  if (left < needed) {
    throw new MissingError(
      `The AWS credentials expire in ${minutes(left)} min, but a build of ${family.name} may take ${minutes(needed)} min`,
      {
        hint: 'use a longer session (role-duration-seconds, DurationSeconds), use credentials that renew themselves, or shorten the timeouts of the family',
      },
    )
  }
  const warning = optionsOf(family).reach === 'ssm' ? warnOfSessions(family, credentials) : undefined
  if (warning !== undefined) warn(warning)
  return ask('to start a build', askAccount)
}

/**
 * A warning if the longest step of a family outlives the credentials, also those that are renewed: the session that its connection uses
 * is resumed with the credentials that started it, and ends with them.
 */
export function warnOfSessions(
  { configure, seal, verify }: Pick<Family, 'configure' | 'seal' | 'verify'>,
  { expiration }: CredentialLife,
  now = Date.now(),
): string | undefined {
  const left = (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - now
  const [longest] = Object.entries({ configure, seal, verify })
    .map(([name, { timeout }]) => ({ name, ms: parseDuration(timeout) }))
    .toSorted((one, other) => other.ms - one.ms)
  if (longest === undefined || longest.ms <= left) return undefined
  return `a session of Session Manager ends with the credentials that started it, which expire in ${minutes(left)} min, but ${longest.name} may take ${minutes(longest.ms)} min: use credentials of a longer duration, or shorten ${longest.name}.timeout`
}

/** The account of the credentials, from AWS. Throws the error of the SDK. */
async function askAccount(): Promise<string> {
  const { Account } = await clients.sts().send(new GetCallerIdentityCommand({}))
  return Account ?? ''
}

let known: Promise<string> | undefined

/** The account of the credentials. AWS is asked once per process: builds list their resources every few seconds. Throws the error of the SDK. */
export function findAccount(): Promise<string> {
  known ??= askAccount().catch((error: unknown) => {
    known = undefined
    throw error
  })
  return known
}

/**
 * Lifetime of the credentials in ms. It is infinite if the SDK can renew them: from the role of an instance or container, a token file
 * of a web identity, a process, single sign-on, or a role assumed from one of these. Credentials in environment variables cannot be
 * renewed.
 */
export function remainingLife({ expiration, $source = {} }: CredentialLife, environment: string | undefined, now = Date.now()): number {
  const features = Object.keys($source)
  // A web identity whose token file is named by environment variables (`CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN`) is renewed.
  const fixed = features.length === 0 || features.some((feature) => /^CREDENTIALS_(ENV_VARS|CODE)$/.test(feature))
  const end = expiration?.getTime() ?? (environment ? Date.parse(environment) : Number.NaN)
  return fixed && !Number.isNaN(end) ? end - now : Number.POSITIVE_INFINITY
}

function minutes(ms: number): number {
  return Math.max(0, Math.floor(ms / 60_000))
}
