import { MissingError } from '../../core/errors.ts'
import { policyCommand } from '../../core/program.ts'

/** The error code of AWS, such as `InvalidAMIID.NotFound`; empty if the error has none. */
export function codeOf(error: unknown): string {
  const { name, Code, code } = (error ?? {}) as { name?: unknown; Code?: unknown; code?: unknown }
  return [Code, code, name].find((each): each is string => typeof each === 'string' && each !== 'Error') ?? ''
}

/** Whether the resource does not exist: not yet, or no longer. */
export function isNotFound(error: unknown): boolean {
  return isNotFoundYet(error) || /^Invalid[A-Za-z]+\.Unavailable$/.test(codeOf(error))
}

/** Whether EC2 may not know a new resource yet. `….Unavailable` means deleted; a retry would not help. */
export function isNotFoundYet(error: unknown): boolean {
  return /^(Invalid[A-Za-z]+\.?NotFound|[A-Za-z]*ParameterNotFound)$/.test(codeOf(error))
}

/** Codes of a launch that another instance type, zone or subnet may not have. */
const capacityCodes = new Set([
  'InsufficientCapacity',
  'InsufficientFreeAddressesInSubnet',
  'InsufficientHostCapacity',
  'InsufficientInstanceCapacity',
  'SpotMaxPriceTooLow',
  'Unsupported',
])

/** Whether EC2 cannot start this instance type here: it has no capacity now, or never has this type here. */
export function lacksCapacity(error: unknown): boolean {
  return capacityCodes.has(codeOf(error))
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
const permissionCodes = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'])

/** The error for a call that AWS refuses permanently; undefined for an error that a retry may solve. */
export function findRefusal(error: unknown, what: string): MissingError | undefined {
  const code = codeOf(error)
  if (credentialCodes.has(code)) {
    return new MissingError(`AWS rejected the credentials (${code}), needed ${what}`, {
      hint: 'log in again: aws sso login, or set AWS_PROFILE or AWS_ACCESS_KEY_ID; aws sts get-caller-identity must work. A region that is not enabled for the account rejects all credentials: check AWS_REGION',
      cause: error,
    })
  }
  if (code === 'OptInRequired') {
    return new MissingError(`The region or the service is not enabled for this AWS account (OptInRequired), needed ${what}`, {
      hint: 'enable the region: aws account enable-region --region-name <region>; or use another one',
      cause: error,
    })
  }
  return permissionCodes.has(code) ? explainDenial(error, code, what) : undefined
}

/** The refusal in a message of HashiCorp's provider, which quotes the error of the SDK for Go. Undefined if the message is about something else. */
export function findProviderRefusal(message: string): MissingError | undefined {
  const [, service, action] = /operation error ([\w ]+): (\w+)/.exec(message) ?? []
  const what = action === undefined ? 'by the AWS provider' : `to call ${action} of ${service}`
  const [, code, said] = /\bapi error ([\w.]+): (.*)/.exec(message) ?? []
  if (code !== undefined) return findRefusal(Object.assign(new Error(said), { code }), what)
  const hasNone = /no valid credential sources|invalid credentials configured|failed to refresh cached credentials/i.test(message)
  return hasNone ? findRefusal({ code: 'CredentialsProviderError' }, what) : undefined
}

/** AWS names the caller, the action and mostly the resource in its message. */
function explainDenial(error: unknown, code: string, what: string): MissingError {
  const said = error instanceof Error ? error.message : ''
  const [, caller] = /User: (\S+) is not authorized/.exec(said) ?? []
  const [, action] = /perform: ([\w-]+:\w+)/.exec(said) ?? []
  const [, resource] = /on resource: (\S+)/.exec(said) ?? []
  const who = caller === undefined ? '' : `: ${caller} lacks ${action ?? 'a permission'}${resource === undefined ? '' : ` on ${resource}`}`
  return new MissingError(`AWS denied permission (${code}) ${what}${who}`, {
    hint: `allow ${action ?? 'the call'} for this role or user; the policy that a build needs: ${policyCommand}`,
    cause: error,
  })
}
