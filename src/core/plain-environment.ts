/** Variables that a program needs to run and to print, and by which a step finds its children. */
const needed = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+|XDG_RUNTIME_DIR|NIX_LD\w*|LD_LIBRARY_PATH|BAKEHOUSE_STEP)$/

/**
 * The environment for programs that read data of machines or of images from elsewhere, such as QEMU. It contains no cloud credentials and
 * no secrets of families, so that malicious data which takes over the program finds none.
 */
export function plainEnvironment(all: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => needed.test(entry[0]) && entry[1] !== undefined),
  )
}
