import { RejectedError } from '../../core/errors.ts'

/** The last line that a script printed, parsed as JSON. Throws RejectedError if it is none. */
export function parseAnswer<T>(stdout: string): T {
  const line = stdout.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line) as T
  } catch (cause) {
    throw new RejectedError(`the machine answered "${line.slice(0, 200)}", expected JSON`, { cause })
  }
}
