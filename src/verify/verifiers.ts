import { UsageError } from '../core/errors.ts'
import type { Suite } from '../model/suite.ts'
import type { Verifier } from './verifier.ts'

/** All verifiers, one line each, by the key of their suites in family.yaml. */
const verifiers: Readonly<Record<string, () => Promise<Verifier>>> = {
  goss: async () => (await import('./goss.ts')).goss,
  testinfra: async () => (await import('./testinfra.ts')).testinfra,
  ansible: async () => (await import('./ansible.ts')).ansible,
  pester: async () => (await import('./pester.ts')).pester,
  inspec: async () => (await import('./inspec.ts')).inspec,
}

/** All verifiers, in the order of the list. */
export async function listVerifiers(): Promise<readonly Verifier[]> {
  return Promise.all(Object.values(verifiers).map((load) => load()))
}

/** The verifier of a suite. Other verifiers are not loaded. Throws UsageError if the name is unknown. */
export async function chooseVerifier({ verifier }: Pick<Suite, 'verifier'>): Promise<Verifier> {
  const found = verifiers[verifier]
  if (!found) throw new UsageError(`Expected a verifier (${Object.keys(verifiers).join(', ')}), got "${verifier}"`)
  return found()
}

/** Throws MissingError if this computer lacks the tool of a suite. */
export async function requireVerifiers(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites) (await chooseVerifier(suite)).check?.()
}
