import { join } from 'node:path'
import type { Input } from '@pulumi/pulumi'
import { defined } from '../../core/defined.ts'

/** Inputs of a command resource that runs `run.ts` with a request. `undo` is the command for its deletion. */
export function runner(verb: 'login' | 'tag' | 'finish', request: Input<string>, undo?: 'release') {
  return {
    create: commandLine(verb),
    ...defined({ delete: undo && commandLine(undo) }),
    environment: { BAKEHOUSE_REQUEST: request },
  }
}

function commandLine(verb: string): string {
  return [process.execPath, join(import.meta.dirname, 'run.ts'), verb].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}
