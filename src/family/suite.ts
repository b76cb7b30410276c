import type { Suite } from './schema.ts'

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
