import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

/** A value or file that Ansible Vault encrypted, wherever it stands in a text. */
const envelope = /\$ANSIBLE_VAULT;1\.[12];AES256(?:;[^\r\n]*)?\r?\n((?:[ \t]*[0-9a-f]+[ \t]*(?:\r?\n|$))+)/g

/**
 * Decrypts everything that Ansible Vault encrypted with this password in a text. Leaves out what has another password or is damaged.
 * Format: <https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html>.
 */
export function decryptVaulted(text: string, password: string): string[] {
  return [...text.matchAll(envelope)].flatMap(([, body = '']) => decrypt(body.replace(/\s/g, ''), password) ?? [])
}

/** The body is hexadecimal text of three lines of hexadecimal text: salt, checksum, ciphertext. */
function decrypt(body: string, password: string): string | undefined {
  const [salt, checksum, data] = Buffer.from(body, 'hex')
    .toString('latin1')
    .split('\n')
    .map((line) => Buffer.from(line, 'hex'))
  if (!salt || !checksum || !data || data.length === 0) return undefined
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256')
  const expected = createHmac('sha256', keys.subarray(32, 64)).update(data).digest()
  if (expected.length !== checksum.length || !timingSafeEqual(expected, checksum)) return undefined
  const cipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80))
  const padded = Buffer.concat([cipher.update(data), cipher.final()])
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString('utf8')
}
