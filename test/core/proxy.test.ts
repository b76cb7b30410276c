import { describe, expect, it } from 'vitest'
import { proxyVariables } from '../../src/core/proxy.ts'
import { startLoopbackServer } from '../helpers/loopback.ts'

const dead = 'http://127.0.0.1:9'
const always = 'localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,fd00:ec2::254'

describe('if a proxy is set', () => {
  it.each([
    ['no list from the user', {}, always],
    ['a list with spaces', { NO_PROXY: 'a.example, .b.example' }, `a.example,.b.example,${always}`],
    ['two lists', { NO_PROXY: 'a.example', no_proxy: 'b.example c.example' }, `a.example,b.example,c.example,${always}`],
    ['a list that contains 127.0.0.1', { no_proxy: '127.0.0.1' }, '127.0.0.1,localhost,::1,169.254.169.254,169.254.170.2,fd00:ec2::254'],
  ])('NO_PROXY and no_proxy contain the loopback addresses, with %s', (_name, given, list) => {
    expect(proxyVariables({ https_proxy: dead, ...given })).toEqual({ NO_PROXY: list, no_proxy: list, NODE_USE_ENV_PROXY: '1' })
  })

  it.each(['http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])('%s counts', (name) => {
    expect(proxyVariables({ [name]: dead })).toHaveProperty('no_proxy')
  })

  it('without a proxy, no variable is set', () => {
    expect(proxyVariables({ NO_PROXY: 'a, b' })).toEqual({})
  })
})

describe('a process with a proxy that does not answer', () => {
  it.each(['gRPC', 'fetch'] as const)('can connect to this computer with %s', async (kind) => {
    await using server = await startLoopbackServer(kind)
    const answer = await server.call({ http_proxy: dead, https_proxy: dead, NO_PROXY: 'intranet.example, other.example' })
    expect(answer).toBe('answered')
  })

  it('sends everything else to the proxy', async () => {
    await using proxy = await startLoopbackServer('proxy')
    await proxy.call({ http_proxy: proxy.url })
    expect(proxy.requests).toEqual([expect.stringContaining('images.example')])
  })
})
