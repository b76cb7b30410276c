import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

/** The HTTP handler of AWS clients. Its agents use the proxy of the environment; those of the SDK do not. */
export const requestHandler = {
  httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 50, proxyEnv: process.env }),
  httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 50, proxyEnv: process.env }),
} as const
