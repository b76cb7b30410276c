import type { OptionProblem } from '../descriptor.ts'

/** The options of `aws` that sharing depends on. */
interface SharingOptions {
  readonly share: { readonly accounts: readonly string[]; readonly organizations: readonly string[]; readonly copy?: boolean | undefined }
  readonly kmsKeyId?: string | undefined
  readonly regions: Readonly<Record<string, { readonly kmsKeyId?: string | undefined }>>
}

/** The default keys of AWS cannot be shared: an image that is encrypted with one can only be launched in its own account. */
export function checkSharing({ share, kmsKeyId, regions }: SharingOptions): OptionProblem[] {
  const noAccounts = {
    path: ['share', 'copy'],
    text: 'expected aws.share.accounts, because aws.share.copy is set, got none',
    hint: 'name the accounts: EC2 shares snapshots with accounts only, and an image cannot be copied without its snapshots',
  }
  if (share.copy && share.accounts.length === 0) return [noAccounts]
  if (share.accounts.length + share.organizations.length === 0) return []
  const copies = Object.entries(regions).map(([region, copy]) => checkKey(copy.kmsKeyId, ['regions', region]))
  return [checkKey(kmsKeyId, []), ...copies].flat()
}

function checkKey(key: string | undefined, parent: readonly string[]): OptionProblem[] {
  if (key !== undefined && !/(^|:)alias\/aws\//.test(key)) return []
  const name = ['aws', ...parent, 'kmsKeyId'].join('.')
  // A key that is missing has no place: the region of the copy has one, or the setting that requires the key.
  const place = parent.length > 0 ? parent : ['share']
  return [
    {
      path: key === undefined ? place : [...parent, 'kmsKeyId'],
      text: `expected ${name} to be a KMS key of this account, because aws.share is set, got ${key ?? 'nothing'}`,
      hint: `create a KMS key and set ${name}: an image that is encrypted with the default key of AWS cannot be shared`,
    },
  ]
}
