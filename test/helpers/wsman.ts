import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { type Certificate, makeCertificate } from '../../src/guest/psrp/certificate.ts'

/** A simulated WSMan endpoint: it answers Identify, and requires a login for all other requests. */
export interface Wsman {
  readonly certificate: Certificate
  readonly port: number
  /** The requests, for example `POST /wsman`, with the kind of login, if there was one. */
  readonly requests: string[]
}

/** Starts such an endpoint on 127.0.0.1 for the tests of a file. */
export function withWsman(): Wsman {
  const wsman = { requests: [] as string[] } as { -readonly [Key in keyof Wsman]: Wsman[Key] }
  let close = (): void => {}
  beforeAll(async () => {
    wsman.certificate = await makeCertificate('test')
    const { key, certificate: cert } = wsman.certificate
    const server = createServer({ key, cert }, (request, response) => void answer(request, response, wsman.requests))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    wsman.port = (server.address() as AddressInfo).port
    close = () => void server.close()
  })
  afterAll(() => close())
  return wsman
}

const identity = [
  '<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>',
  '<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>',
].join('')

async function answer(request: IncomingMessage, response: ServerResponse, requests: string[]): Promise<void> {
  const login = request.headers.authorization?.split(' ')[0]
  requests.push(`${request.method} ${request.url}${login ? ` ${login}` : ''}`)
  let body = ''
  for await (const chunk of request) body += chunk
  if (request.headers.wsmanidentify === 'unauthenticated' && body.includes('wsmid:Identify')) {
    response.end(`<s:Envelope><s:Body><wsmid:IdentifyResponse>${identity}</wsmid:IdentifyResponse></s:Body></s:Envelope>`)
  } else {
    response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end()
  }
}
