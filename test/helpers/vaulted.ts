import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** Encrypts a text as `ansible-vault encrypt` does. */
export function encryptVaulted(text: string, password: string): string {
  const salt = randomBytes(32)
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256')
  // The cipher needs no padding, but Ansible adds it: whole blocks of 16 bytes.
  const padding = 16 - (Buffer.byteLength(text) % 16)
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80))
  const data = Buffer.concat([cipher.update(text), cipher.update(Buffer.alloc(padding, padding)), cipher.final()])
  const checksum = createHmac('sha256', keys.subarray(32, 64)).update(data).digest()
  const body = Buffer.from([salt, checksum, data].map((part) => part.toString('hex')).join('\n')).toString('hex')
  return `$ANSIBLE_VAULT;1.1;AES256\n${body.match(/.{1,80}/g)?.join('\n')}\n`
}

/** A YAML line with one encrypted value, as `ansible-vault encrypt_string` prints it. */
export function vaultedLine(name: string, value: string, password: string): string {
  return `${name}: !vault |\n${encryptVaulted(value, password).replace(/^(?=.)/gm, '  ')}`
}
