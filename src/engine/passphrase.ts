import { createDecipheriv, pbkdf2 } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { MissingError, messageOf } from '../core/errors.ts'
import { passphraseFile } from './environment.ts'

/** A passphrase, and the variable or file that it comes from. */
interface Passphrase {
  readonly text: string
  readonly from: string
}

/** Parameters of PBKDF2, as in the engine: `NewSymmetricCrypterFromPassphrase` of its package `config`. */
const keyRules = { iterations: 1_000_000, bytes: 32, digest: 'sha256' } as const
const tagBytes = 16

/**
 * Throws MissingError unless the environment of the engine contains the passphrase with which the secrets of this stack are encrypted. The
 * engine itself would report that only in the update of the stack. `salt`: from the state, `v1:SALT:v1:NONCE:CIPHERTEXT`.
 */
export async function requirePassphrase(
  { name, salt }: { readonly name: string; readonly salt: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const passphrase = readPassphrase(environment)
  if (salt === undefined || (await decrypts(passphrase.text, salt))) return
  const own = passphraseFile()
  const alternative = passphrase.from === own ? '' : `, or unset it if the passphrase is in ${own}`
  throw new MissingError(`${passphrase.from} is not the passphrase of the stack ${name}`, {
    hint: `set PULUMI_CONFIG_PASSPHRASE to the passphrase of the stack${alternative}`,
  })
}

/** What to do if a shared state has no passphrase. */
export function passphraseHint(): string {
  const own = existsSync(passphraseFile()) ? `; if this project encrypted the state until now, the file is ${passphraseFile()}` : ''
  return `set PULUMI_CONFIG_PASSPHRASE_FILE to a file that all computers have, or BAKEHOUSE_SECRETS_PROVIDER to a key${own}`
}

/** The passphrase that the engine would use: that of the variable, else that of the file. Throws MissingError. */
function readPassphrase({
  PULUMI_CONFIG_PASSPHRASE: text,
  PULUMI_CONFIG_PASSPHRASE_FILE: file = '',
}: Readonly<Record<string, string | undefined>>): Passphrase {
  if (text !== undefined) return { text, from: 'The value of PULUMI_CONFIG_PASSPHRASE' }
  if (file === '') throw new MissingError('The state is shared, and no passphrase is set for its secrets', { hint: passphraseHint() })
  const from = file === passphraseFile() ? file : `${file} of PULUMI_CONFIG_PASSPHRASE_FILE`
  try {
    return { text: readFileSync(file, 'utf8').trim(), from }
  } catch (cause) {
    throw new MissingError(`The passphrase of the state cannot be read: ${messageOf(cause)}`, {
      hint: 'set PULUMI_CONFIG_PASSPHRASE_FILE to a file that contains it, or PULUMI_CONFIG_PASSPHRASE to the passphrase',
      cause,
    })
  }
}

/** Whether a key decrypts the state. The engine has encrypted the word `pulumi` in it, to recognise a wrong passphrase. */
async function decrypts(passphrase: string, state: string): Promise<boolean> {
  const [, salt = '', , nonce = '', sealed = ''] = state.split(':')
  const { iterations, bytes, digest } = keyRules
  const key = await promisify(pbkdf2)(passphrase, Buffer.from(salt, 'base64'), iterations, bytes, digest)
  const box = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'))
  decipher.setAuthTag(box.subarray(-tagBytes))
  try {
    return decipher.update(box.subarray(0, -tagBytes), undefined, 'utf8') + decipher.final('utf8') === 'pulumi'
  } catch {
    return false
  }
}
