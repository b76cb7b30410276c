import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readTools } from '../../src/core/tools.ts'
import { pwsh } from '../helpers/powershell.ts'

const fixtures = join(import.meta.dirname, '../fixtures/windows')

/** The password of the administrator of every emulated Windows machine. */
export const windowsPassword = 'Emulated-Pa55word'

/** Whether the command names a Windows family of this project. */
export function namesWindows(command: readonly string[], projectFolder: string): boolean {
  const name = command[command.indexOf('--family') + 1] ?? command.find((word) => word.startsWith('--family='))?.slice(9)
  try {
    return parse(readFileSync(join(projectFolder, 'playbooks', name ?? '', 'family.yaml'), 'utf8')).os === 'windows'
  } catch {
    return false
  }
}

/**
 * The environment for Windows families: no machine can run Windows here, so a program replaces Ansible, and one replaces ssh. The scripts
 * of the build run in PowerShell, with functions in place of the commands of Windows. Throws if there is no PowerShell.
 */
export function writeEmulatedWindows(folder: string): Record<string, string> {
  if (pwsh === undefined)
    throw new Error('no pwsh in BAKEHOUSE_PWSH, on the PATH or in ../shared/powershell: the emulated Windows needs it')
  const [bin, answers, functions] = ['bin', 'answers', 'functions.ps1'].map((name) => join(folder, name)) as [string, string, string]
  for (const made of [bin, answers]) mkdirSync(made, { recursive: true })
  writeFileSync(join(bin, 'ssh'), '#!/bin/sh\nexit 0\n')
  chmodSync(join(bin, 'ssh'), 0o755)
  writeFileSync(functions, ['functions.ps1', 'windows-base.ps1'].map((name) => readFileSync(join(fixtures, name), 'utf8')).join('\n'))
  return {
    BAKEHOUSE_VENV: join(fixtures, 'venv'),
    // The simulated environment installs no collections. It uses those of the real one.
    ANSIBLE_COLLECTIONS_PATH: sitePackages(readTools().venv),
    FAKE_WINDOWS: answers,
    FAKE_WINDOWS_POWERSHELL: functions,
    PATH: `${bin}:${process.env.PATH}`,
  }
}

function sitePackages(venv: string): string {
  const version = /version\s*=\s*(\d+\.\d+)/.exec(readFileSync(join(venv, 'pyvenv.cfg'), 'utf8'))?.[1] ?? ''
  return join(venv, `lib/python${version}/site-packages`)
}
