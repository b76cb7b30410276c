import type { Options, PositionalOptions } from 'yargs'

/** A verb of the command line. Its code is loaded only when it runs, so that `--help` is fast. */
export interface Verb {
  /** Name and positional arguments, in the notation of yargs. */
  readonly command: string
  readonly describe: string
  readonly options: Readonly<Record<string, Options>>
  readonly positionals: Readonly<Record<string, PositionalOptions>>
  readonly examples: readonly (readonly [string, string])[]
  /** Another program, in `sourceFolder()`, which gets all further arguments unchanged. Then `run` is not called. */
  readonly program?: string
  /** Whether it works without a project. */
  readonly isFree?: boolean
  /** Runs the verb. Returns the exit code. */
  readonly run: (args: Readonly<Record<string, unknown>>) => Promise<number>
}

/** Options that several verbs have. */
export const json: Options = { type: 'boolean', default: false, describe: 'Print JSON to stdout, and nothing else' }
export const backend: Options = {
  type: 'string',
  describe: 'URL of the state backend, such as s3://…, gs://…, azblob://…  [default: a folder of this project]',
  requiresArg: true,
}
export const cloud: Options = { type: 'string', describe: 'Cloud to use (local, aws) instead of the one in family.yaml', requiresArg: true }
