/** A suite: tests that one verifier runs. */
export interface Suite {
  readonly verifier: string
  /** File or folder, relative to the family's folder. */
  readonly file: string
  /** The suite fails with fewer cases. Default: the number for the latest good image. */
  readonly minimumCases?: number | undefined
  /** Values of the further keys of the verifier. Only that verifier reads them. */
  readonly options: Readonly<Record<string, unknown>>
}

/** The name of each suite: its verifier, and also its file name if several suites have the same verifier. */
export function suiteNames(suites: readonly Suite[]): string[] {
  const plain = (file: string) => (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '')
  const names = suites.map(({ verifier, file }) =>
    suites.filter((other) => other.verifier === verifier).length > 1 ? `${verifier} ${plain(file)}` : verifier,
  )
  const slugs = names.map(slugOf)
  return names.map((name, index) => (slugs.indexOf(slugOf(name)) === index ? name : `${name} ${index + 1}`))
}

/** A name as part of a file name. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '')
}

/** The key of a suite. It is the same in every build and does not depend on other suites. */
export function suiteId({ verifier, file }: Suite, suffix = ''): string {
  return `${verifier} ${file}${suffix}`
}
