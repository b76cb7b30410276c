import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

/** How clients of AWS connect. The agents that the SDK would make know of no proxy; these do. */
export const requestHandler = {
  httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 50, proxyEnv: process.env }),
  httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 50, proxyEnv: process.env }),
} as const
