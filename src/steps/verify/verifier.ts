import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import type { Suite } from '../../family/schema.ts'
import { suiteFile, type VerifierName, verifierName } from '../../family/suite.ts'
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
  /** Until this is settled, nothing may be done to the machine that hygiene could find; a tool may start meanwhile. */
  readonly clear?: Promise<unknown>
}

/** One way to test a machine. */
export interface Verifier {
  /** Throws MissingError where this machine lacks its tool: asked before anything is created. */
  check?(): void
  /** Runs the suite. What fails is in the report; only a tool that is missing throws. */
  run(suite: SuiteContext): Promise<SuiteReport>
}

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

/** The path of a file or folder of a suite; undefined when it is not there. */
export function findSuiteFile({ context }: Pick<SuiteContext, 'context'>, file: string): string | undefined {
  const path = resolve(context.request.family.folder, file)
  return existsSync(path) ? path : undefined
}

/** The same. Throws UsageError when it is not there. */
export function requireSuiteFile(suite: Pick<SuiteContext, 'context'>, file: string): string {
  const path = findSuiteFile(suite, file)
  if (path !== undefined) return path
  throw new UsageError(`the suite's ${file} is not there`, { hint: resolve(suite.context.request.family.folder, file) })
}

/** Where a tool is to write its report, as it is with secrets and all: gone when the run is over, however it ended. */
export function reportFile(path: string): Disposable & { readonly path: string; read(): string | undefined } {
  rmSync(path, { force: true })
  return {
    path,
    read: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  }
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
