import { DescribeKeyCommand, type KeyMetadata } from '@aws-sdk/client-kms'
import { MissingError } from '../../core/errors.ts'
import { ask, clients } from './clients.ts'
import { codeOf } from './errors.ts'
import type { AwsOptions } from './options.ts'

/** Checks that the KMS keys of a family exist, each in its own region, and can encrypt. Throws MissingError. */
export async function checkKeys({ kmsKeyId, regions }: AwsOptions, home: string): Promise<void> {
  const keys = [{ region: home, kmsKeyId }, ...Object.entries(regions).map(([region, copy]) => ({ region, ...copy }))]
  await Promise.all(keys.map(async ({ region, kmsKeyId: key }) => key === undefined || findKeyArn(key, region)))
}

const found = new Map<string, Promise<string>>()

/**
 * The ARN of a KMS key, from its ID, its alias or an ARN. The provider accepts ARNs only, for the copy of an image. AWS is asked once per
 * process. Throws MissingError if the key does not exist in the region, or cannot be used.
 */
export function findKeyArn(key: string, region: string): Promise<string> {
  const name = `${region} ${key}`
  const arn = found.get(name) ?? readKeyArn(key, region)
  found.set(name, arn)
  arn.catch(() => found.delete(name))
  return arn
}

async function readKeyArn(key: string, region: string): Promise<string> {
  const { Arn, Enabled, KeyState } = await describeKey(key, region)
  if (Enabled && Arn !== undefined) return Arn
  throw new MissingError(`The KMS key ${key} in ${region} cannot be used: its state is ${KeyState}`, {
    hint: `enable it, or set another kmsKeyId in family.yaml: aws kms enable-key --region ${region} --key-id <id>`,
  })
}

async function describeKey(key: string, region: string): Promise<KeyMetadata> {
  try {
    const { KeyMetadata: about } = await ask(`to read the KMS key ${key}`, () =>
      clients.kms(region).send(new DescribeKeyCommand({ KeyId: key })),
    )
    if (about) return about
  } catch (error) {
    if (!['NotFoundException', 'InvalidArnException'].includes(codeOf(error))) throw error
  }
  throw new MissingError(`The KMS key ${key} does not exist in ${region}`, {
    hint: `kmsKeyId in family.yaml: check the ID or the alias; each region has its own keys: aws kms list-aliases --region ${region}`,
  })
}
