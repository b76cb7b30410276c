import { MissingError } from '../../core/errors.ts'
import { policyCommand } from '../../core/program.ts'

/** The service's own code of an error, such as `InvalidAMIID.NotFound`; empty where there is none. */
export function codeOf(error: unknown): string {
  const { name, Code, code } = (error ?? {}) as { name?: unknown; Code?: unknown; code?: unknown }
  return [Code, code, name].find((each): each is string => typeof each === 'string' && each !== 'Error') ?? ''
}

/** Whether the thing that was asked for is not there: not yet, or not any more. */
export function isNotFound(error: unknown): boolean {
  return isNotYetThere(error) || /^Invalid[A-Za-z]+\.Unavailable$/.test(codeOf(error))
}

/** Whether a thing may be too new to be known; that one is unavailable is said of what was there, and waiting is of no use. */
export function isNotYetThere(error: unknown): boolean {
  return /^(Invalid[A-Za-z]+\.?NotFound|[A-Za-z]*ParameterNotFound)$/.test(codeOf(error))
}

const credentialCodes = new Set([
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
])
const permissionCodes = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'OptInRequired'])

/** Why waiting is of no use, as an error that says what to do; undefined for everything that may pass. */
export function findRefusal(error: unknown, what: string): MissingError | undefined {
  const code = codeOf(error)
  if (credentialCodes.has(code)) {
    return new MissingError(`AWS does not accept the credentials for ${what} (${code})`, {
      hint: 'log in again: aws sso login, or set AWS_PROFILE or AWS_ACCESS_KEY_ID; aws sts get-caller-identity must work',
      cause: error,
    })
  }
  if (permissionCodes.has(code)) {
    return new MissingError(`AWS does not allow ${what} (${code})`, {
      hint: `the actions that a bake needs are in src/cloud/aws/policy.ts: ${policyCommand} prints the document`,
      cause: error,
    })
  }
  return undefined
}
