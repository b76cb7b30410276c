/** Quotes a word for a POSIX shell. Plain words do not change. A word that begins with `=` is not plain: zsh reads it as a command name. */
export function quoteShell(word: string): string {
  return /^[A-Za-z0-9_@%+:,./^-][A-Za-z0-9_@%+=:,./^-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/**
 * Quotes a value for ssh_config, where white space separates values, `%` begins a token, and a backslash escapes a quote. Plain words do
 * not change.
 */
export function quoteSshConfig(value: string): string {
  return /^[A-Za-z0-9_@+=:,./^-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
}

/** Quotes a text for PowerShell, without expansion. */
export function quotePowerShell(text: string): string {
  return `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`
}
