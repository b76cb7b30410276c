import { UsageError } from '../../core/errors.ts'
import type { Suite } from '../../family/schema.ts'
import type { Connection } from '../connect.ts'
import type { StepContext } from '../context.ts'
import type { SuiteReport } from './judge.ts'

/** A machine being verified, and what its suites' names end with. */
export interface Trial {
  readonly connection: Connection
  /** The step's, with what only this machine's connection knows. */
  readonly context: StepContext
  /** ` (clone 2)`, ` (after reboot)`. */
  readonly suffix: string
  /** How often it has been started. */
  readonly boots: number
  /** When all suites must have ended, in ms since 1970. */
  readonly deadline: number
}

/** What a verifier works with. */
export interface SuiteContext {
  readonly context: StepContext
  readonly connection: Connection
  /** How often the machine has been started; once, if nothing is said. */
  readonly boots?: number
  readonly suite: Suite
  /** File name of its reports, without an ending. */
  readonly slug: string
  readonly timeoutMs: number
}

/** One way to test a machine. */
export interface Verifier {
  /** What can be done while the machine still starts. */
  prepare?(suite: SuiteContext): Promise<void>
  /** Runs the suite. What fails is in the report; only a tool that is missing throws. */
  run(suite: SuiteContext): Promise<SuiteReport>
}

/** Every verifier, by the key of its suites in family.yaml. */
const verifiers: Readonly<Record<string, () => Promise<Verifier>>> = {
  goss: async () => (await import('./goss.ts')).goss,
  testinfra: async () => (await import('./testinfra.ts')).testinfra,
  ansible: async () => (await import('./ansible.ts')).ansible,
  pester: async () => (await import('./pester.ts')).pester,
  inspec: async () => (await import('./inspec.ts')).inspec,
}

/** What a suite says beside its verifier. */
const common = new Set(['minimumCases', 'variables', 'inputs', 'waivers'])

/** The key of a suite: which verifier runs it. */
export function verifierName(suite: Suite): string {
  return Object.keys(suite).find((key) => !common.has(key)) ?? ''
}

/** Loads a verifier; nothing of the others. */
export async function chooseVerifier(name: string): Promise<Verifier> {
  const load = verifiers[name]
  if (!load) throw new UsageError(`Expected a verifier (${Object.keys(verifiers).join(', ')}), got "${name}"`)
  return load()
}

/** A file of a suite, relative to the family's folder: the value of its key. */
export function suiteFile(suite: Suite): string {
  return String((suite as Record<string, unknown>)[verifierName(suite)])
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
