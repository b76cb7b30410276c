import { UsageError } from '../core/errors.ts'
import type { Suite } from '../model/suite.ts'
import type { Verifier } from './verifier.ts'

/** Every verifier, one line each, by the key of its suites in family.yaml. */
const verifiers: Readonly<Record<string, () => Promise<Verifier>>> = {
  goss: async () => (await import('./goss.ts')).goss,
  testinfra: async () => (await import('./testinfra.ts')).testinfra,
  ansible: async () => (await import('./ansible.ts')).ansible,
  pester: async () => (await import('./pester.ts')).pester,
  inspec: async () => (await import('./inspec.ts')).inspec,
}

/** Every verifier, in the order of the list. */
export async function listVerifiers(): Promise<readonly Verifier[]> {
  return Promise.all(Object.values(verifiers).map((load) => load()))
}

/** The verifier of a suite. Nothing of the others is loaded. Throws UsageError when there is no verifier of that name. */
export async function chooseVerifier({ verifier }: Pick<Suite, 'verifier'>): Promise<Verifier> {
  const found = verifiers[verifier]
  if (!found) throw new UsageError(`Expected a verifier (${Object.keys(verifiers).join(', ')}), got "${verifier}"`)
  return found()
}

/** Throws MissingError where this computer lacks what a suite runs with. */
export async function requireVerifiers(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites) (await chooseVerifier(suite)).check?.()
}
