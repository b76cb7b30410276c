import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { messageOf, UsageError } from '../core/errors.ts'
import { resolveInside } from '../core/inside.ts'
import { stateCommandLine } from '../core/program.ts'
import { shortestSecret } from '../core/redact/redact.ts'
import { findInstalled } from '../guest/ansible/requirements.ts'
import type { Family, Secret } from '../model/family.ts'
import type { FamilySecrets } from '../model/secrets.ts'
import type { Path, Problem } from './explain.ts'
import { listFiles } from './list-files.ts'
import { findReadableFiles } from './shared-files.ts'
import { vaultedValues } from './vaulted-values.ts'

/** The secrets of a family, and what is wrong with each that is missing or too short to be redacted. */
export interface SecretReading {
  readonly secrets: FamilySecrets
  readonly problems: readonly Problem[]
}

/**
 * Reads the secrets of a family from environment variables and files. A path is relative to the folder of the family; one line
 * break at the end of a file is ignored. Throws UsageError if a secret is missing, or too short to be redacted.
 */
export function readSecrets(family: Family, env: NodeJS.ProcessEnv = process.env): FamilySecrets {
  const { secrets, problems } = checkSecrets(family, env)
  const [problem] = problems
  if (problem) throw new UsageError(`${family.name}: ${problem.text}`, defined({ hint: problem.hint }))
  return secrets
}

/** Reads the secrets of a family, and finds the problems of all of them. Reads each secret once. */
export function checkSecrets(family: Family, env: NodeJS.ProcessEnv = process.env): SecretReading {
  const { secrets, vaultPassword } = family.configure
  const problems: Problem[] = []
  const read = (path: Path, secret: Secret): string => {
    const { value = '', problem } = readOne(family, secret, env)
    if (problem) problems.push({ path: [...path, ...Object.keys(secret)], at: 'value', ...problem })
    return value
  }
  const variables = Object.entries(secrets).map(([name, secret]) => [name, read(['configure', 'secrets', name], secret)])
  return {
    secrets: {
      variables: Object.fromEntries(variables),
      vaultPassword: vaultPassword && read(['configure', 'vaultPassword'], vaultPassword),
    },
    problems,
  }
}

/** The values of all secrets, for the redactor; also those that Ansible Vault encrypted in a file that the playbook may read. */
export function secretValues({ variables, vaultPassword }: FamilySecrets, family: Pick<Family, 'folder' | 'configure'>): string[] {
  const given = Object.values(variables)
  if (vaultPassword === undefined) return given
  const installed = findInstalled(family)
  const folders = installed ? Object.values(installed).filter((path) => existsSync(path)) : []
  const files = folders.flatMap((path) => listFiles(path, { isLenient: true }).map((file) => join(path, file)))
  return [...given, vaultPassword, ...vaultedValues([...findReadableFiles(family.folder), ...files], vaultPassword)]
}

interface OneReading {
  readonly value?: string
  readonly problem?: Pick<Problem, 'text' | 'hint'>
}

function readOne(family: Family, secret: Secret, env: NodeJS.ProcessEnv): OneReading {
  if ('env' in secret) {
    const value = env[secret.env]
    if (value) return checkLength(value)
    const hint = `set ${secret.env}, for example: ${secret.env}=… ${stateCommandLine('--family', family.name)}`
    return { problem: { text: `expected a secret in the environment variable ${secret.env}, got no value`, hint } }
  }
  try {
    return checkLength(readFileSync(resolveInside(family.folder, secret.file), 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    return { problem: explainFile(family, secret.file, error) }
  }
}

function checkLength(value: string): OneReading {
  if (value.length >= shortestSecret) return { value }
  return {
    problem: {
      text: `expected a secret of at least ${shortestSecret} characters, got ${value.length}`,
      hint: 'use a longer secret: a shorter one also occurs in ordinary text, so it cannot be removed from logs',
    },
  }
}

function explainFile({ folder }: Family, file: string, error: unknown): Pick<Problem, 'text' | 'hint'> {
  const { code = '' } = error as NodeJS.ErrnoException
  const path = join(folder, file)
  const text = `expected a file that contains the secret, got ${file}`
  if (code === 'ENOENT') return { text: `${text}, which does not exist`, hint: `write the secret to ${path}` }
  if (code === 'EISDIR') return { text: `${text}, which is a folder`, hint: 'name a file that contains only the secret' }
  if (code === 'EACCES') return { text: `${text}, which this user may not read`, hint: `give this user access to ${path}` }
  return { text: `${text}: ${messageOf(error)}` }
}
