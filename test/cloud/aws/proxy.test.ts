import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runTool } from '../../../src/core/exec.ts'
import { sourceFolder } from '../../../src/core/paths.ts'

/** Sends two requests as the AWS clients do: to EC2, and to this computer, as an emulator. */
const script = (port: number): string => `
  const { prepareProcess } = await import(${JSON.stringify(join(sourceFolder(), 'core/prepare-process.ts'))})
  prepareProcess()
  const { requestHandler } = await import(${JSON.stringify(join(sourceFolder(), 'core/request-handler.ts'))})
  const { get } = await import('node:http')
  for (const url of ['http://ec2.eu-west-1.example/one', 'http://127.0.0.1:${port}/two'])
    await new Promise((done, fail) => get(url, { agent: requestHandler.httpAgent }, (answer) => answer.resume().on('end', done)).on('error', fail))
  process.exit()`

test('requests to AWS use the proxy, and those to this computer do not', async () => {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const env = { http_proxy: `http://127.0.0.1:${port}`, HTTP_PROXY: '', NO_PROXY: 'intranet.example, other.example' }
    await runTool(process.execPath, ['--input-type=module', '-e', script(port)], { env })
    // A proxy gets the whole URL, and a server only the path.
    expect(requests).toEqual(['http://ec2.eu-west-1.example/one', '/two'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
