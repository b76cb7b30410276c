import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from '../core/errors.ts'
import { resolveInside } from '../core/inside.ts'
import { commandLine } from '../core/program.ts'
import { shortestSecret } from '../core/redact/redact.ts'
import type { Family, Secret } from '../model/family.ts'
import type { FamilySecrets } from '../model/secrets.ts'

/**
 * Reads the secrets of a family from environment variables and files. A path is relative to the folder of the family; one line
 * break at the end of a file is ignored. Throws UsageError if a secret is missing, or too short to be redacted.
 */
export function readSecrets(family: Family, env: NodeJS.ProcessEnv = process.env): FamilySecrets {
  const { secrets, vaultPassword } = family.configure
  return {
    variables: Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, readSecret({ family, name, secret, env })])),
    vaultPassword: vaultPassword && readSecret({ family, name: 'vaultPassword', secret: vaultPassword, env }),
  }
}

/** The values of all secrets, for the redactor. */
export function secretValues(secrets: FamilySecrets): string[] {
  return [...Object.values(secrets.variables), ...(secrets.vaultPassword === undefined ? [] : [secrets.vaultPassword])]
}

interface Wanted {
  readonly family: Family
  readonly name: string
  readonly secret: Secret
  readonly env: NodeJS.ProcessEnv
}

function readSecret(wanted: Wanted): string {
  const { family, name, secret } = wanted
  const value = 'env' in secret ? readVariable(wanted, secret.env) : readFile(wanted, secret.file)
  if (value.length < shortestSecret) {
    throw new UsageError(`${family.name}: the secret "${name}" has ${value.length} characters, expected at least ${shortestSecret}`, {
      hint: 'use a longer secret: one this short also occurs in ordinary text, so it cannot be redacted',
    })
  }
  return value
}

function readVariable({ family, name, env }: Wanted, variable: string): string {
  const value = env[variable]
  if (value) return value
  throw new UsageError(`${family.name}: the secret "${name}" comes from the environment variable ${variable}, which is not set`, {
    hint: `set ${variable}, for example: ${variable}=… ${commandLine('--family', family.name)}`,
  })
}

function readFile({ family, name }: Wanted, file: string): string {
  try {
    return readFileSync(resolveInside(family.folder, file), 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw new UsageError(`${family.name}: the secret "${name}" comes from the file ${file}, which cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: `create the file in ${family.folder}, or change configure.secrets in its family.yaml`,
    })
  }
}
