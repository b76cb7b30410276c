/** What a program needs to run and to print. */
const needed = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+|XDG_RUNTIME_DIR|NIX_LD\w*|LD_LIBRARY_PATH)$/

/**
 * The environment of a program that reads what a guest or a foreign image made, such as QEMU: without credentials of clouds, without
 * secrets of families. A program that was taken over finds none.
 */
export function plainEnvironment(all: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => needed.test(entry[0]) && entry[1] !== undefined),
  )
}
