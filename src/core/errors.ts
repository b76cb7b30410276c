/** Optional details of an error. */
export interface ErrorDetail {
  /** What the user can do about it, in one line. */
  readonly hint?: string
  readonly cause?: unknown
}

/** An error with a message for the user. `exitCode` says who must act. */
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

/** The image failed its build or its tests (exit 10). Nothing was promoted. */
export class RejectedError extends BakehouseError {
  readonly exitCode = 10
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Hints for errors of the operating system that the operator can solve. */
const systemHints: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on the disk',
  EDQUOT: 'free space, or raise the quota of the disk',
  EACCES: 'give this user access to it',
  EPERM: 'give this user the right to do it',
  ENOTDIR: 'use another path: a part of this one is a file and not a folder',
  EROFS: 'make the file system writable',
  EMFILE: 'raise the limit of open files: ulimit -n',
  ENOMEM: 'free memory, or build fewer families in parallel: --parallel',
}

/** An error of the operating system that the operator can solve, as a MissingError; undefined for every other error. */
export function findSystemProblem(error: unknown): MissingError | undefined {
  const { code = '', syscall = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (code === 'ENOENT' && syscall.startsWith('spawn ')) {
    const command = syscall.slice('spawn '.length)
    return new MissingError(`the command ${command} was not found`, { hint: `install ${command}, or add it to PATH`, cause: error })
  }
  const hint = systemHints[code]
  return hint === undefined ? undefined : new MissingError(messageOf(error), { hint, cause: error })
}
