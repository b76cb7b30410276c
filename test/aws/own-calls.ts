/** Settings of a client for the calls of the gateway itself. It has credentials, because the process of a test need not have any. */
export function ownCalls(endpoint: string, region: string) {
  return { endpoint, region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } }
}

/** Makes a call without a client of the SDK, and returns the answer as XML. */
export async function queryXml(
  endpoint: string,
  { service, region }: { readonly service: string; readonly region: string },
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=testing/20260101/${region}/${service}/aws4_request`
  return (await fetch(endpoint, { method: 'POST', headers: { authorization }, body: new URLSearchParams(parameters) })).text()
}
