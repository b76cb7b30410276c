/** Settings of a client for the calls of the gateway itself. It has credentials, because the process of a test need not have any. */
export function ownCalls(endpoint: string, region: string) {
  return { endpoint, region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } }
}
