import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeSecretFolder } from '../../core/memory-folder.ts'
import type { FamilySecrets } from '../../model/secrets.ts'
import { variableFolders } from './project-folders.ts'

/** A folder of files for one run, with mode 0600. It is in memory if this computer has /dev/shm, and is deleted after the run. */
export interface PrivateFolder extends Disposable {
  readonly variablesFile: string
  readonly vaultPasswordFile: string | undefined
  /** The file for events of tasks. It is empty at first; the callback plugin writes to it. */
  readonly tasksFile: string
  /** Inventories without hosts, one per folder of shared variables, because Ansible reads the variables beside an inventory. */
  readonly inventories: readonly string[]
}

/** Writes variables and vault password (0600) for one run of a playbook. `roots`: folders with shared `group_vars` and `host_vars`. */
export function openPrivateFolder(
  variables: Readonly<Record<string, unknown>>,
  secrets: FamilySecrets,
  roots: readonly string[] = [],
): PrivateFolder {
  const folder = makeSecretFolder()
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  return {
    variablesFile: write('variables.yml', renderVariables(variables, secrets.variables)),
    vaultPasswordFile: secrets.vaultPassword === undefined ? undefined : write('vault-password', `${secrets.vaultPassword}\n`),
    tasksFile: write('tasks.jsonl', ''),
    inventories: roots.map((root, index) => {
      const below = `inventory-${index + 1}`
      mkdirSync(join(folder, below))
      for (const name of variableFolders) symlinkSync(join(root, name), join(folder, below, name))
      return write(`${below}/inventory.json`, '{ "all": {} }\n')
    }),
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
