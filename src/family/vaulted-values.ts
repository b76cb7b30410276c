import { readFileSync, statSync } from 'node:fs'
import { decryptVaulted } from '../core/vault.ts'

/** Larger files are not searched, in bytes. */
const longestFile = 4 * 1024 * 1024

/**
 * The values that Ansible Vault encrypted in these files: files of variables, other files, and single values with `!vault`. They are decrypted
 * in memory and never written. Files that cannot be read are ignored.
 */
export function vaultedValues(files: readonly string[], password: string): string[] {
  const texts = new Set(files.map(readText).filter((text) => text.includes('$ANSIBLE_VAULT;')))
  return [...new Set([...texts].flatMap((text) => decryptVaulted(text, password)).flatMap(scalarsOf))]
}

function readText(file: string): string {
  try {
    return statSync(file).size <= longestFile ? readFileSync(file, 'latin1') : ''
  } catch {
    return ''
  }
}

/** Values that also occur in ordinary text. Replacing them would make logs useless. */
const ordinary = /^(true|false|yes|no|on|off|null|none|present|absent|latest|root|\d{1,5})$/i

/** The texts to redact in decrypted YAML or other text: the whole text if it has one line, each value, and each line without a key. */
function scalarsOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const values = lines.filter((line) => line !== '' && line !== '---' && !line.startsWith('#')).flatMap(valuesOf)
  const whole = text.trim()
  return [...(whole.includes('\n') ? [] : [whole]), ...values].filter((value) => !ordinary.test(value))
}

function valuesOf(line: string): string[] {
  const value = line.replace(/^(?:- +)*(?:(?:"[^"]*"|'[^']*'|[\w.-]+) *:(?: +|$))?(?:- +)*/, '').replace(/^!\w+ +/, '')
  if (/^[|>][+-]?\d*$/.test(value)) return []
  if (/^[[{]/.test(value))
    return value
      .split(/[[\]{},]/)
      .map((part) => part.trim())
      .filter(Boolean)
      .flatMap(valuesOf)
  return value === '' ? [] : [unquote(value)]
}

function unquote(value: string): string {
  if (/^'.*'$/.test(value)) return value.slice(1, -1).replaceAll("''", "'")
  if (!/^".*"$/.test(value)) return value
  try {
    return JSON.parse(value) as string
  } catch {
    return value.slice(1, -1)
  }
}
