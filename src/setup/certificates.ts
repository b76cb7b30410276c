import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { MissingError } from '../core/errors.ts'
import { homeFolder } from '../core/paths.ts'

/** What Node, pip and Go say of a certificate whose authority they do not know. */
const untrusted =
  /\b(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERTIFICATE_VERIFY_FAILED)\b|certificate signed by unknown authority/

/** The TLS error in a text; undefined if it tells of no certificate. */
export function findCertificateProblem(text: string): string | undefined {
  return untrusted.exec(text)?.[0]
}

/** The error of a download that TLS did not allow. */
export function certificateError(from: string, problem: string, cause?: unknown): MissingError {
  return new MissingError(`The certificate of ${from} is not trusted (${problem})`, {
    hint: 'if a proxy of your company inspects TLS, set NODE_EXTRA_CA_CERTS to the file of its certificate authority',
    cause,
  })
}

/**
 * Variables with which pip and Go trust the authorities that NODE_EXTRA_CA_CERTS adds, so that users set one variable. Those that the user
 * has set count. None without NODE_EXTRA_CA_CERTS.
 */
export function trustVariables(environment: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  if (!environment.NODE_EXTRA_CA_CERTS) return {}
  const file = join(homeFolder(), 'ca-certificates.pem')
  mkdirSync(homeFolder(), { recursive: true })
  writeFileSync(file, [...new Set(listCertificates(environment.NODE_EXTRA_CA_CERTS))].join('\n'))
  const isFree = (...names: readonly string[]): boolean => !names.some((name) => environment[name])
  return {
    // The library of pip prefers the other two.
    ...(isFree('PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE') ? { PIP_CERT: file } : {}),
    ...(isFree('SSL_CERT_FILE') ? { SSL_CERT_FILE: file } : {}),
  }
}

/** All authorities that Node trusts, and those of the system if this Node can list them: before version 22.15, it cannot. */
function listCertificates(extra: string): string[] {
  const list = (tls as Partial<Pick<typeof tls, 'getCACertificates'>>).getCACertificates
  return list ? [...list('default'), ...list('system')] : [...tls.rootCertificates, readFileSync(extra, 'utf8')]
}
