import type { Suite } from '../family/schema.ts'
import { type VerifierName, verifierName } from '../model/suite.ts'
import type { Verifier } from './verifier.ts'

/** Every verifier, by the key of its suites in family.yaml. */
const verifiers: Readonly<Record<VerifierName, () => Promise<Verifier>>> = {
  goss: async () => (await import('./goss.ts')).goss,
  testinfra: async () => (await import('./testinfra.ts')).testinfra,
  ansible: async () => (await import('./ansible.ts')).ansible,
  pester: async () => (await import('./pester.ts')).pester,
  inspec: async () => (await import('./inspec.ts')).inspec,
}

/** The verifier of a suite; nothing of the others is loaded. */
export async function chooseVerifier(suite: Suite): Promise<Verifier> {
  return verifiers[verifierName(suite)]()
}

/** Throws MissingError where this machine lacks what a suite runs with. */
export async function requireVerifiers(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites) (await chooseVerifier(suite)).check?.()
}
