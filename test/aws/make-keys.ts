import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'

/** Creates a KMS key with the alias `alias/images` in each of these regions of the API server. */
export async function makeKeys(endpoint: string, regions: readonly string[]): Promise<void> {
  for (const region of regions) {
    const client = new KMSClient({ endpoint, region })
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
    await client.send(new CreateAliasCommand({ AliasName: 'alias/images', TargetKeyId: KeyMetadata?.KeyId }))
  }
}
