import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunResult, run } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import { readTools } from '../../src/core/tools.ts'
import { findCertificateProblem, trustVariables } from '../../src/setup/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-tls-'))
const authority = join(folder, 'ca.pem')
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
const requests: string[] = []
let server: Server
let url: string

/** A host with a certificate from an unknown authority, as with a proxy that inspects TLS. It has no files. */
beforeAll(async () => {
  const usual = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  openssl(
    'req',
    '-x509',
    ...usual,
    '-subj',
    '/CN=Company',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-addext',
    'keyUsage=critical,keyCertSign',
  )
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  openssl(
    'req',
    '-x509',
    ...usual,
    '-subj',
    '/CN=host',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    ...names,
  )
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  server = createServer({ key: read('key.pem'), cert: read('cert.pem') }, (request, response) => {
    requests.push(request.url ?? '')
    response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** Variables that the user may have set. */
const noAuthorities = { NODE_EXTRA_CA_CERTS: '', PIP_CERT: '', SSL_CERT_FILE: '', REQUESTS_CA_BUNDLE: '', CURL_CA_BUNDLE: '' }

/** Runs a call of set-up that fails. Returns its error as JSON. */
function call(code: string, env: Record<string, string> = {}): Promise<RunResult> {
  const program = `${code}.then(() => 'done', ({ message, hint, exitCode }) => ({ message, hint, exitCode })).then((said) => console.log(JSON.stringify(said)))`
  return run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: join(sourceFolder(), 'setup'),
    env: { ...noAuthorities, BAKEHOUSE_HOME: folder, XDG_CACHE_HOME: folder, ...env },
  })
}
const load = (file: string): string => `(await import(${JSON.stringify(join(sourceFolder(), 'setup', file))}))`
const untrusted = {
  exitCode: 3,
  message: expect.stringMatching(/^The certificate of .* is not trusted \(\w+\)$/),
  hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
}

describe('a host whose certificate is from an unknown authority', () => {
  it.each([
    ['the check of the host', () => `${load('download.ts')}.isReachable('${url}', 60_000)`],
    ['a download', () => `${load('download.ts')}.downloadFile('${url}/goss', '', '/dev/null')`],
  ])('is reported as such, not as a host that cannot be reached: %s', async (_name, code) => {
    expect(JSON.parse((await call(code())).stdout)).toMatchObject(untrusted)
    expect(requests).toEqual([])
    const trusted = JSON.parse((await call(code(), { NODE_EXTRA_CA_CERTS: authority })).stdout)
    expect(findCertificateProblem(JSON.stringify(trusted))).toBeUndefined()
    expect(requests.splice(0)).toHaveLength(1)
  })

  const pip = { PIP_FIND_LINKS: '', PIP_CONFIG_FILE: '/dev/null', PIP_RETRIES: '0', PIP_NO_CACHE_DIR: '1' }

  it('is recognised in the message of pip', async () => {
    const env = { ...noAuthorities, ...pip, PIP_INDEX_URL: `${url}/simple` }
    const args = ['-m', 'pip', 'download', '--no-deps', '--dest', folder, 'bakehouse-absent']
    const { stdout, stderr } = await run(join(readTools().venv, 'bin/python'), args, { env })
    expect(findCertificateProblem(stdout + stderr)).toBe('CERTIFICATE_VERIFY_FAILED')
    expect(requests).toEqual([])
  })

  it('is trusted by pip with NODE_EXTRA_CA_CERTS', async () => {
    const trust = `${load('certificates.ts')}.trustVariables()`
    const { stdout } = await call(`Promise.resolve(${trust}).then((env) => Promise.reject({ message: JSON.stringify(env) }))`, {
      NODE_EXTRA_CA_CERTS: authority,
    })
    const variables = JSON.parse((JSON.parse(stdout) as { message: string }).message) as Record<string, string>
    const env = { ...noAuthorities, ...pip, PIP_INDEX_URL: `${url}/simple`, ...variables }
    await run(join(readTools().venv, 'bin/python'), ['-m', 'pip', 'download', '--no-deps', '--dest', folder, 'bakehouse-absent'], { env })
    expect(requests.splice(0)).toEqual(['/simple/bakehouse-absent/'])
  })
})

it.each([
  'go: github.com/x/y: Get "https://proxy.golang.org/x": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed')",
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])('a certificate problem is found in: %s', (text) => {
  expect(findCertificateProblem(text)).toBeDefined()
})

it.each(['getaddrinfo ENOTFOUND get.pulumi.com', 'CERT_HAS_EXPIRED'])('no certificate problem is found in: %s', (text) => {
  expect(findCertificateProblem(text)).toBeUndefined()
})

it('settings of the user for pip and Go have precedence', () => {
  expect(trustVariables({})).toEqual({})
  for (const name of ['PIP_CERT', 'REQUESTS_CA_BUNDLE']) {
    expect(Object.keys(trustVariables({ NODE_EXTRA_CA_CERTS: authority, [name]: '/mine' }))).toEqual(['SSL_CERT_FILE'])
  }
})
