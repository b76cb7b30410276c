type Environment = Record<string, string | undefined>

/** Addresses that requests must not use a proxy for: this computer, and the metadata services of AWS. */
const direct = ['localhost', '127.0.0.1', '::1', '169.254.169.254', '169.254.170.2', 'fd00:ec2::254']

/**
 * The variables with which requests to this computer bypass the proxy and all others use it; none if no proxy is set. NO_PROXY and
 * no_proxy get the same list without spaces: gRPC reads only the lower-case one and does not allow spaces.
 */
export function proxyVariables(environment: Environment): Record<string, string> {
  if (!hasProxy(environment)) return {}
  const given = [environment.NO_PROXY, environment.no_proxy].flatMap((list) => (list ?? '').split(/[\s,]+/)).filter(Boolean)
  const list = [...new Set([...given, ...direct])].join(',')
  // Node uses the proxy variables only with this setting.
  return { NO_PROXY: list, no_proxy: list, NODE_USE_ENV_PROXY: '1' }
}

/** Sets them for this process and all processes that it starts. */
export function followProxy(): void {
  if (!hasProxy(process.env)) return
  Object.assign(process.env, proxyVariables(process.env))
  // Node read its variables at its start, before they were set.
  // Loading it takes a tenth of a second, so not without a proxy.
  // Before Node 24, only child processes use the proxy.
  const http = process.getBuiltinModule('node:http') as Partial<typeof import('node:http')>
  http.setGlobalProxyFromEnv?.(process.env)
}

function hasProxy(environment: Environment): boolean {
  return ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'].some((name) => environment[name] || environment[name.toUpperCase()])
}
