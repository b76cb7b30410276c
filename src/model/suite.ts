/** Tests that one verifier runs. */
export interface Suite {
  readonly verifier: string
  /** File or folder, relative to the family's folder. */
  readonly file: string
  /** Fewer cases are a failure; without it, fewer than in the latest good version. */
  readonly minimumCases?: number | undefined
  /** What the verifier's own keys say. Only that verifier reads them. */
  readonly options: Readonly<Record<string, unknown>>
}

/** A name for each suite: its verifier's, with the file's name added where several suites have the same verifier. */
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

/** What a suite is known by from build to build, whatever other suites the family has. */
export function suiteId({ verifier, file }: Suite, suffix = ''): string {
  return `${verifier} ${file}${suffix}`
}
