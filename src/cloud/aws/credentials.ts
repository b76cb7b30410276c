import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { MissingError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import { longestBuild } from '../../model/lifetime.ts'
import { ask, clients } from './clients.ts'

/** Credentials, with what is needed to compute their expiry. */
export interface CredentialLife {
  readonly expiration?: Date
  /** Feature codes of the SDK: the source of the credentials. */
  readonly $source?: Readonly<Record<string, unknown>>
}

/** The account of the credentials. Throws MissingError if AWS rejects them, or if they expire before the build can end. */
export async function checkCredentials(family: Family): Promise<string> {
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
  return ask('to start a build', askAccount)
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
 * Lifetime of the credentials in ms. It is infinite if the SDK can renew them: from the role of an instance or container, a
 * process, single sign-on, or a role assumed from one of these. Credentials in environment variables cannot be renewed.
 */
export function remainingLife({ expiration, $source = {} }: CredentialLife, environment: string | undefined, now = Date.now()): number {
  const fixed = Object.keys($source).some((feature) => /ENV_VARS|CREDENTIALS_CODE/.test(feature)) || Object.keys($source).length === 0
  const end = expiration?.getTime() ?? (environment ? Date.parse(environment) : Number.NaN)
  return fixed && !Number.isNaN(end) ? end - now : Number.POSITIVE_INFINITY
}

function minutes(ms: number): number {
  return Math.max(0, Math.floor(ms / 60_000))
}
