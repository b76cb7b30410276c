/** What an error of ours can carry beside its message. */
export interface ErrorDetail {
  /** What the reader can do about it, one line. */
  readonly hint?: string
  readonly cause?: unknown
}

/** An error with a message meant for the user; `exitCode` says who must act. */
export abstract class BakehouseError extends Error {
  abstract readonly exitCode: number
  readonly hint: string | undefined

  constructor(message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = new.target.name
    this.hint = detail.hint
  }
}

/** The input is wrong: the caller must change it (exit 2). Nothing was created. */
export class UsageError extends BakehouseError {
  readonly exitCode = 2
}

/** Credentials, a tool or a resource of the machine is missing: the operator must provide it (exit 3). */
export class MissingError extends BakehouseError {
  readonly exitCode = 3
}

/** There was nothing to do, and the caller asked to be told so (exit 7). */
export class NothingToDo extends BakehouseError {
  readonly exitCode = 7
}

/** The build was cancelled and cleaned up (exit 8). */
export class Cancelled extends BakehouseError {
  readonly exitCode = 8
}

/** The image failed its build or its tests (exit 10). Nothing was promoted. */
export class BuildFailed extends BakehouseError {
  readonly exitCode = 10
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
