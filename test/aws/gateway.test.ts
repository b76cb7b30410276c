import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { startGateway } from './gateway.ts'

const page = '<!doctype html>\n<title>500 Internal Server Error</title>'

it.each([
  ['DescribeInstances', [500, 200], 200, 'DescribeInstancesResponse'],
  ['DescribeNothing', [500, 500], 400, '<Code>InvalidAction</Code>'],
  ['RunInstances', [500], 400, '<Code>InvalidAction</Code>'],
])(
  'the gateway repeats %s only if it reads, and only once, when the emulator answers with a web page',
  async (action, statuses, status, text) => {
    const asked: string[] = []
    const moto = createServer((request, response) => {
      request.resume().on('end', () => {
        asked.push(request.url ?? '')
        const code = statuses[asked.length - 1] ?? 200
        response.writeHead(code, { 'content-type': 'text/xml' }).end(code === 200 ? `<${action}Response/>` : page)
      })
    })
    await new Promise<void>((done) => moto.listen(0, '127.0.0.1', done))
    try {
      await using gateway = await startGateway(`http://127.0.0.1:${(moto.address() as AddressInfo).port}`)
      const answer = await fetch(gateway.url, { method: 'POST', body: `Action=${action}&Version=2016-11-15` })
      expect([answer.status, asked.length]).toEqual([status, statuses.length])
      expect(await answer.text()).toContain(text)
    } finally {
      moto.close()
    }
  },
)
