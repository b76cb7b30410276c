import { constants, createPublicKey, type KeyObject, publicEncrypt } from 'node:crypto'

/** The password data of an instance in the format of EC2: encrypted with the RSA key of its key pair. */
export function renderPasswordData(password: string, publicKey: string): string {
  const key = { key: readPublicKey(publicKey), padding: constants.RSA_PKCS1_PADDING }
  return publicEncrypt(key, Buffer.from(password)).toString('base64')
}

/** Parses `ssh-rsa AAAA… comment`. It contains three fields, each after its length: the kind, the exponent, the modulus. */
function readPublicKey(line: string): KeyObject {
  const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64')
  const fields: Buffer[] = []
  for (let at = 0; at < blob.length; ) {
    const length = blob.readUInt32BE(at)
    fields.push(blob.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  const [e, n] = fields.slice(1).map((field) => field.toString('base64url'))
  return createPublicKey({ key: { kty: 'RSA', e: e ?? '', n: n ?? '' }, format: 'jwk' })
}
