import { bakePolicy, type PolicyScope } from '../../../src/cloud/aws/policy.ts'

/** A call as IAM evaluates it: the resource, and the keys that conditions use. */
export interface Request {
  readonly action: string
  readonly resource: string
  readonly keys?: Readonly<Record<string, string>>
}

/** One text or several, as a list. */
export const asList = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value)

/** Evaluates a policy like IAM, for statements that allow, with the operators that the policy uses. */
export function isAllowed({ action, resource, keys = {} }: Request, scope?: PolicyScope): boolean {
  return bakePolicy(scope).Statement.some(({ Action, Resource, Condition = {} }) => {
    const { StringEquals = {}, Null = {}, ...others } = Condition
    if (Object.keys(others).length > 0) throw new Error('an operator that the test does not know')
    const equal = Object.entries(StringEquals).every(([key, wanted]) => keys[key] !== undefined && asList(wanted).includes(keys[key]))
    const absent = Object.entries(Null).every(([key, wanted]) => (keys[key] === undefined) === (wanted === 'true'))
    return Action.includes(action) && asList(Resource).some((pattern) => matches(pattern, resource)) && equal && absent
  })
}

/** In IAM, `*` is any text, with slashes too, and `?` is any character. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}
