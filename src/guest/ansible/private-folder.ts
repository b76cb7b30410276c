import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeSecretFolder } from '../../core/memory-folder.ts'
import type { FamilySecrets } from '../../model/secrets.ts'

/** A folder of files for one run, with mode 0600. It is in memory if this computer has /dev/shm, and is deleted after the run. */
export interface PrivateFolder extends Disposable {
  readonly variablesFile: string
  readonly vaultPasswordFile: string | undefined
  /** The file for events of tasks. It is empty at first; the callback plugin writes to it. */
  readonly tasksFile: string
}

/** Writes variables and vault password (0600) for one run of a playbook. */
export function openPrivateFolder(variables: Readonly<Record<string, unknown>>, secrets: FamilySecrets): PrivateFolder {
  const folder = makeSecretFolder()
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  return {
    variablesFile: write('variables.yml', renderVariables(variables, secrets.variables)),
    vaultPasswordFile: secrets.vaultPassword === undefined ? undefined : write('vault-password', `${secrets.vaultPassword}\n`),
    tasksFile: write('tasks.jsonl', ''),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Extra variables as YAML. Secrets are marked unsafe, so that Ansible does not interpret `{{` in them as a template. */
export function renderVariables(variables: Readonly<Record<string, unknown>>, secrets: Readonly<Record<string, string>>): string {
  const lines = [
    ...Object.entries(variables).map(([name, value]) => `${yaml(name)}: ${yaml(value)}`),
    ...Object.entries(secrets).map(([name, value]) => `${yaml(name)}: !unsafe ${yaml(value)}`),
  ]
  return lines.length === 0 ? '{}\n' : `${lines.join('\n')}\n`
}

/** A value as YAML: JSON, in which a few more characters are escaped. */
function yaml(value: unknown): string {
  return JSON.stringify(value).replace(/[\x7f-\x9f\ufeff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
