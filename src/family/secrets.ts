import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { messageOf, UsageError } from '../core/errors.ts'
import { resolveInside } from '../core/inside.ts'
import { commandLine } from '../core/program.ts'
import { shortestSecret } from '../core/redact/redact.ts'
import type { Family, Secret } from '../model/family.ts'
import type { FamilySecrets } from '../model/secrets.ts'
import type { Path, Problem } from './explain.ts'

/**
 * Reads the secrets of a family from environment variables and files. A path is relative to the folder of the family; one line
 * break at the end of a file is ignored. Throws UsageError if a secret is missing, or too short to be redacted.
 */
export function readSecrets(family: Family, env: NodeJS.ProcessEnv = process.env): FamilySecrets {
  const [problem] = findSecretProblems(family, env)
  if (problem) throw new UsageError(`${family.name}: ${problem.text}`, defined({ hint: problem.hint }))
  const { secrets, vaultPassword } = family.configure
  return {
    variables: Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, readValue(family, secret, env)])),
    vaultPassword: vaultPassword && readValue(family, vaultPassword, env),
  }
}

/** Each secret that is missing or too short to be redacted. */
export function findSecretProblems(family: Family, env: NodeJS.ProcessEnv = process.env): Problem[] {
  const { secrets, vaultPassword } = family.configure
  const all: [Path, Secret][] = Object.entries(secrets).map(([name, secret]) => [['configure', 'secrets', name], secret])
  if (vaultPassword) all.push([['configure', 'vaultPassword'], vaultPassword])
  return all.flatMap(([path, secret]) => {
    const problem = explainSecret(family, secret, env)
    return problem ? [{ path: [...path, ...Object.keys(secret)], at: 'value', ...problem }] : []
  })
}

/** The values of all secrets, for the redactor. */
export function secretValues(secrets: FamilySecrets): string[] {
  return [...Object.values(secrets.variables), ...(secrets.vaultPassword === undefined ? [] : [secrets.vaultPassword])]
}

function readValue(family: Family, secret: Secret, env: NodeJS.ProcessEnv): string {
  return 'env' in secret ? (env[secret.env] ?? '') : readFileSync(resolveInside(family.folder, secret.file), 'utf8').replace(/\r?\n$/, '')
}

function explainSecret(family: Family, secret: Secret, env: NodeJS.ProcessEnv): Pick<Problem, 'text' | 'hint'> | undefined {
  let value: string
  try {
    value = readValue(family, secret, env)
  } catch (error) {
    return explainFile(family, 'file' in secret ? secret.file : '', error)
  }
  if ('env' in secret && value === '') {
    const hint = `set ${secret.env}, for example: ${secret.env}=… ${commandLine('--family', family.name)}`
    return { text: `expected a secret in the environment variable ${secret.env}, got no value`, hint }
  }
  if (value.length >= shortestSecret) return undefined
  return {
    text: `expected a secret of at least ${shortestSecret} characters, got ${value.length}`,
    hint: 'use a longer secret: a shorter one also occurs in ordinary text, so it cannot be removed from logs',
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
