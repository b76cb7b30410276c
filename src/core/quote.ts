/** A word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./^-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** In the syntax of ssh_config, where white space separates and `%` begins a token. */
export function quotePath(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}

/** A literal of PowerShell: nothing in it is expanded. */
export function quotePowerShell(text: string): string {
  return `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`
}
