type Environment = Record<string, string | undefined>

/** Addresses that no proxy can reach: this computer, and the metadata services of AWS. */
const direct = ['localhost', '127.0.0.1', '::1', '169.254.169.254', '169.254.170.2', 'fd00:ec2::254']

/**
 * What to set so that requests to this computer go past a proxy, and all others through it; nothing where no proxy is set. Both
 * spellings of NO_PROXY get the same list, without spaces: gRPC reads the lower-case one only, and cannot read spaces.
 */
export function proxyVariables(environment: Environment): Record<string, string> {
  if (!hasProxy(environment)) return {}
  const given = [environment.NO_PROXY, environment.no_proxy].flatMap((list) => (list ?? '').split(/[\s,]+/)).filter(Boolean)
  const list = [...new Set([...given, ...direct])].join(',')
  // Node follows the variables of a proxy only when it is told to.
  return { NO_PROXY: list, no_proxy: list, NODE_USE_ENV_PROXY: '1' }
}

/** The same for this process and all that it starts. */
export function followProxy(): void {
  if (!hasProxy(process.env)) return
  Object.assign(process.env, proxyVariables(process.env))
  // Node has read its variables when it started, and that was before.
  // Loading it takes a tenth of a second, so not without a proxy.
  process.getBuiltinModule('node:http').setGlobalProxyFromEnv(process.env)
}

function hasProxy(environment: Environment): boolean {
  return ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'].some((name) => environment[name] || environment[name.toUpperCase()])
}
