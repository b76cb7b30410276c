/** Creates a bucket in the API server at this URL. */
export async function createBucket(url: string, name: string): Promise<void> {
  await fetch(`${url}/${name}`, { method: 'PUT', headers: { 'x-amz-create-bucket-configuration': '' } })
}

/** Creates a key of KMS in the API server at this URL. Returns its ID. */
export async function createKey(url: string): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.CreateKey',
      authorization: 'AWS4-HMAC-SHA256 Credential=testing/20261123/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: '{}',
  })
  return ((await answer.json()) as { KeyMetadata: { KeyId: string } }).KeyMetadata.KeyId
}
