import type { Suite } from '../family/schema.ts'

/** Every verifier: the key of its suites in family.yaml. */
export const verifierNames = ['goss', 'testinfra', 'ansible', 'pester', 'inspec'] as const
export type VerifierName = (typeof verifierNames)[number]

/** Which verifier runs a suite. */
export function verifierName(suite: Suite): VerifierName {
  // The schema has let none without a verifier through.
  return verifierNames.find((name) => name in suite) as VerifierName
}

/** File or folder of a suite, relative to the family's folder: the value of its verifier's key. */
export function suiteFile(suite: Suite): string {
  return (suite as unknown as Record<VerifierName, string>)[verifierName(suite)]
}

/** A name for each suite: its verifier's, with the file's name added where there are several of one kind. */
export function suiteNames(suites: readonly Suite[]): string[] {
  const kinds = suites.map(verifierName)
  const plain = (file: string) => (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '')
  const names = suites.map((suite, index) => {
    const kind = kinds[index] ?? ''
    return kinds.filter((other) => other === kind).length > 1 ? `${kind} ${plain(suiteFile(suite))}` : kind
  })
  return names.map((name, index) => (names.indexOf(name) === index ? name : `${name} ${index + 1}`))
}
