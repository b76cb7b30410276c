import { MissingError, messageOf } from '../core/errors.ts'
import { engineCommandLine, policyCommand, policyProgram } from '../core/program.ts'
import { quoteShell } from '../core/quote.ts'
import { shorten } from '../core/shorten.ts'
import { findEngineMessage, findLocks } from './failed-run.ts'
import { passphraseHint } from './passphrase.ts'

interface Rule {
  readonly pattern: RegExp
  /** What is missing. */
  readonly what: string
  readonly hint: (backend: string) => string
}

/** Why a backend cannot be used, by the message of the engine. The first matching line applies. */
const rules: readonly Rule[] = [
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set|\[401\]|Unauthorized: No credentials|invalid access token/i,
    what: 'Pulumi Cloud got no valid access token',
    hint: () => 'set PULUMI_ACCESS_TOKEN to a token of your account',
  },
  {
    pattern: /passphrase must be set/i,
    what: 'no passphrase is set for the secrets of the state',
    hint: () => passphraseHint(),
  },
  {
    pattern: /incorrect passphrase/i,
    what: 'the passphrase is not the one that encrypts the state',
    hint: () => 'set PULUMI_CONFIG_PASSPHRASE_FILE to the file of the passphrase that encrypts the state',
  },
  {
    pattern: /NoSuchBucket|bucket does not exist|bucket doesn't exist|ContainerNotFound/i,
    what: 'the bucket does not exist',
    hint: (backend) => `create the bucket, or correct the URL of the backend: ${backend}`,
  },
  {
    pattern: /unable to open state directory/i,
    what: 'the folder does not exist',
    hint: (backend) => `create the folder, or correct the URL of the backend: ${backend}`,
  },
  {
    pattern: /ExpiredToken|RequestExpired|token .*expired/i,
    what: 'the credentials have expired',
    hint: () => 'log in again, and repeat the command',
  },
  {
    pattern: /get credentials|refresh cached credentials|NoCredentialProviders|could not find default credentials/i,
    what: 'there are no credentials for it',
    hint: () => 'log in to the cloud of the bucket, for AWS: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  {
    pattern: /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|\[403\]|StatusCode: 403|code=PermissionDenied|NotAuthorized/i,
    what: 'these credentials may not use it',
    hint: (backend) => `allow this role to read and write the state, and to use its key; the permissions on AWS: ${policyFor(backend)}`,
  },
  {
    pattern: /no such host|connection refused|i\/o timeout|network is unreachable|TLS handshake/i,
    what: 'it cannot be reached',
    hint: (backend) => `check the network, the proxy, and the URL of the backend: ${backend}`,
  },
]

function policyFor(backend: string): string {
  return backend.startsWith('s3://') ? `${policyProgram} --state ${quoteShell(backend)}` : policyCommand
}

/** Runs an operation of the engine. Throws MissingError if it fails for a reason that the operator can solve. */
export async function explained<T>(backend: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw explainFailure(findEngineMessage(error) ?? messageOf(error), { backend, cause: error }) ?? error
  }
}

/** A failure of the engine that the operator can solve: backend, credentials, secrets. Undefined if `message` is about something else. */
export function explainFailure(message: string, about: { readonly backend: string; readonly cause?: unknown }): MissingError | undefined {
  const { backend, cause } = about
  const rule = rules.find(({ pattern }) => pattern.test(message))
  if (rule === undefined) return undefined
  return new MissingError(`The state in ${backend} cannot be used: ${rule.what} (${shorten(message, 300)})`, {
    hint: rule.hint(backend),
    cause,
  })
}

/** The error for a stack that another process has locked for longer than this one waits. */
export function refuseLock(stack: string, seconds: number, cause: unknown): MissingError {
  const owners = findLocks(cause).map(({ user, host, pid, since }) => `${user}@${host} (pid ${pid}, since ${since})`)
  const who = owners.length > 0 ? ` by ${owners.join(', ')}` : ' by another update'
  return new MissingError(`The stack ${stack} is locked${who}; waited ${seconds} s for it`, {
    hint: `try again when that process has ended; if it does not run any more, remove the lock: ${engineCommandLine('cancel', stack)}`,
    cause,
  })
}
