import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MissingError } from './errors.ts'
import { homeFolder } from './paths.ts'
import { setUpCommand } from './program.ts'

/** Where the tools are that set-up put in place or found. Absolute paths, all of them. */
export interface Tools {
  /** The Node that runs TypeScript as it is. */
  readonly node: string
  /** The real Pulumi CLI; the program itself goes through `wrapperRoot()`. */
  readonly pulumi: string
  /** Its version, where set-up made it; one that was found on PATH may change. */
  readonly pulumiVersion?: string
  /** Folder of the Python environment: `bin/ansible-playbook`, `bin/python`, `bin/pytest`. */
  readonly venv: string
  /** Static Linux binary of goss, to be run inside guests. */
  readonly goss: string
  readonly qemu: {
    readonly system: string
    readonly img: string
    /** UEFI code and its variables' template, for a pair of pflash drives. */
    readonly ovmfCode: string
    readonly ovmfVars: string
    /** UEFI firmware in one file, for `-bios`. */
    readonly ovmf: string
  }
  /** Which plugin serves `command:local:Command`. */
  readonly commandPlugin: 'official' | 'stand-in'
  /** Folder of the official plugin's executable, where that is in use. */
  readonly commandPluginFolder?: string
  /** Folder of the Python environment with the tools of the tests: `bin/ansible-lint`, `bin/moto_server`. Set up for tests only. */
  readonly checksVenv?: string
}

/** The file in the project's home that says where the tools are. */
export function toolsFile(): string {
  return join(homeFolder(), 'tools.json')
}

/** Where the tools are. Throws MissingError when set-up has not run here. */
export function readTools(): Tools {
  try {
    return JSON.parse(readFileSync(toolsFile(), 'utf8')) as Tools
  } catch (cause) {
    throw new MissingError('The tools are not set up in this project', { hint: setUpCommand, cause })
  }
}
