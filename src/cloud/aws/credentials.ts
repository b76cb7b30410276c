import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { MissingError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import { longestBake } from '../../model/lifetime.ts'
import { ask, clients } from './clients.ts'

/** Credentials as far as their life goes. */
export interface CredentialLife {
  readonly expiration?: Date
  /** Features of the SDK's providers: where the credentials came from. */
  readonly $source?: Readonly<Record<string, unknown>>
}

/** The account that will pay. Throws MissingError where the credentials are refused, or will end before the bake does. */
export async function checkCredentials(family: Family): Promise<string> {
  const credentials: CredentialLife = await ask('this bake', () => clients.ec2().config.credentials())
  const left = remainingLife(credentials, process.env.AWS_CREDENTIAL_EXPIRATION)
  const needed = longestBake(family)
  if (left < needed) {
    throw new MissingError(
      `The AWS credentials end in ${minutes(left)} min, and a bake of ${family.name} may take ${minutes(needed)} min`,
      {
        hint: 'get longer ones (role-duration-seconds, DurationSeconds), credentials that renew themselves, or shorten the timeouts of the family',
      },
    )
  }
  const { Account } = await ask('this bake', () => clients.sts().send(new GetCallerIdentityCommand({})))
  return Account ?? ''
}

/**
 * How long credentials last, in ms; endless where the SDK can renew them itself: from an instance's or a container's role, a
 * process, single sign-on, or a role assumed from any of them. What stands in the environment cannot be renewed.
 */
export function remainingLife({ expiration, $source = {} }: CredentialLife, environment: string | undefined, now = Date.now()): number {
  const fixed = Object.keys($source).some((feature) => /ENV_VARS|CREDENTIALS_CODE/.test(feature)) || Object.keys($source).length === 0
  const end = expiration?.getTime() ?? (environment ? Date.parse(environment) : Number.NaN)
  return fixed && !Number.isNaN(end) ? end - now : Number.POSITIVE_INFINITY
}

function minutes(ms: number): number {
  return Math.max(0, Math.floor(ms / 60_000))
}
