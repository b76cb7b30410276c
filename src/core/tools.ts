import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MissingError } from './errors.ts'
import { homeFolder } from './paths.ts'
import { setUpCommandLine } from './program.ts'

/** QEMU and its firmware. */
export interface QemuTools {
  readonly system: string
  readonly img: string
  /** UEFI firmware in one file, for `-bios`. */
  readonly ovmf: string
}

/** Absolute paths of the tools that set-up installed or found. */
export interface Tools {
  /** A Node that runs TypeScript without a compiler. */
  readonly node: string
  /** The Pulumi CLI. The program starts it through `wrapperRoot()`. */
  readonly pulumi: string
  /** Its version, if set-up built it. One that was found on PATH may change. */
  readonly pulumiVersion?: string
  /** Folder of the Python environment: `bin/ansible-playbook`, `bin/python`, `bin/pytest`. */
  readonly venv: string
  /** Static Linux binary of goss, to run on machines. */
  readonly goss: string
  /** QEMU; absent if no family needs local machines. */
  readonly qemu?: QemuTools
  /** The plugin for `command:local:Command`. */
  readonly commandPlugin: 'official' | 'stand-in'
  /** Folder of the executable of the official plugin, if it is in use. */
  readonly commandPluginFolder?: string
  /** Folder of the Python environment with the tools of the tests: `bin/ansible-lint`, `bin/moto_server`. Set up for tests only. */
  readonly checksVenv?: string
}

/** The file with the paths of the tools. */
export function toolsFile(): string {
  return join(homeFolder(), 'tools.json')
}

/** The paths of the tools. Throws MissingError if set-up has not run in this project. */
export function readTools(): Tools {
  try {
    return JSON.parse(readFileSync(toolsFile(), 'utf8')) as Tools
  } catch (cause) {
    throw new MissingError('The tools are not set up in this project', { hint: `install them: ${setUpCommandLine()}`, cause })
  }
}

/** The paths of QEMU. Throws MissingError if set-up has not run in this project, or ran without local machines. */
export function readQemu(): QemuTools {
  const { qemu } = readTools()
  if (!qemu) throw new MissingError('QEMU is not set up in this project', { hint: `install it: ${setUpCommandLine()}` })
  return qemu
}
