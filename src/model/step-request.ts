import { UsageError } from '../core/errors.ts'
import type { Family } from './family.ts'
import { type FamilyFile, familyOf } from './family-file.ts'
import type { StepRequest } from './step.ts'

/** The format of `request.json`. Before 2 it had no number and contained the family in the form of its file. */
const format = 2

/** The text of `request.json`. */
export function renderRequest(request: StepRequest): string {
  return `${JSON.stringify({ format, ...request }, undefined, 2)}\n`
}

/** The request of a build in the state of its stack, for other computers. */
export interface KeptRequest {
  /** The build folder on the computer of the build. Resources contain it. */
  readonly folder: string
  readonly request: StepRequest
}

/** The text of the request in the state. */
export function renderKeptRequest({ folder, request }: KeptRequest): string {
  return JSON.stringify({ folder, request: renderRequest(request) })
}

/** Parses the request in the state of a stack. Errors name the stack. Throws UsageError. */
export function parseKeptRequest(text: string, stack: string): KeptRequest {
  const { folder, request } = parseObject(text, stack)
  return { folder: String(folder), request: parseRequest(String(request), stack) }
}

/** Parses a `request.json` of this format or an older one. Errors name `path`. Throws UsageError. */
export function parseRequest(text: string, path: string): StepRequest {
  const { format: found = 1, ...request } = parseObject(text, path)
  if (found !== 1 && found !== format) {
    throw new UsageError(`${path}: expected a request of format ${format} or older, got format ${JSON.stringify(found)}`, {
      hint: 'a newer version of Bakehouse made this build: use that version',
    })
  }
  const missing = required.filter((key) => request[key] === undefined)
  if (missing.length > 0) throw new UsageError(`${path}: expected a request with ${missing.join(', ')}, got one without`)
  const known = request as unknown as StepRequest
  return found === format ? known : { ...known, family: parseOldFamily(known.family as unknown as OldFamily) }
}

const required: readonly (keyof StepRequest)[] = ['family', 'version', 'build', 'cloud', 'previousCases', 'prove']

type OldFamily = FamilyFile & Pick<Family, 'name' | 'folder'>

function parseOldFamily({ name, folder, ...file }: OldFamily): Family {
  return familyOf(file as FamilyFile, { name, folder })
}

function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (cause) {
    throw new UsageError(`${path}: expected a request of a step, got something that is not JSON`, { cause })
  }
  throw new UsageError(`${path}: expected a request of a step, got another kind of JSON`)
}
