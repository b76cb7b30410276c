// Plain JavaScript, because set-up also uses it before it has found a Node that runs TypeScript.

const kept = /^--(use-(system|openssl|bundled)-ca|max-old-space-size=|dns-result-order=|tls-|(no-)?network-family-autoselection)/

/**
 * The options of NODE_OPTIONS for certificates, memory and name resolution. Others may not exist in another Node, which then does not start,
 * or stop every process at a debugger.
 */
export function keepNodeOptions(options) {
  return options
    .split(/\s+/)
    .filter((option) => kept.test(option))
    .join(' ')
}
