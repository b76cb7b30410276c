/** The nouns every layer shares. Plain data: each of them crosses a process boundary as JSON. */

/** What every created thing carries from its creation on, so that it can be found and removed by anybody. */
export interface Tags {
  readonly tool: 'bakehouse'
  readonly family: string
  readonly version: string
  /** Unique per attempt, so that two attempts at one version are told apart. */
  readonly build: string
  readonly stage: 'base' | 'candidate' | 'trial' | 'promoted'
  /** ISO 8601, UTC. Empty for what never expires: a promoted image. */
  readonly expires: string
}

/** How to reach an instance. Holds paths to secrets, never secrets. */
export interface Host {
  /** The cloud's own id of the instance. */
  readonly instanceId: string
  readonly transport: 'ssh' | 'psrp'
  readonly address: string
  readonly port: number
  readonly user: string
  /** Private key of the build, 0600. */
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Socket of a connection that the cloud has opened already; the next handshake is saved by sharing it. */
  readonly controlPath?: string
  /** An OpenSSH ProxyCommand, where the instance is not reached directly. */
  readonly proxyCommand?: string
  /** SHA-1 thumbprint of the listener's certificate, where the transport is PSRP. */
  readonly certificateThumbprint?: string
}

/** An image to start from, found before anything is created. */
export interface BaseImage {
  /** The cloud's own id: what `instance` takes. */
  readonly id: string
  readonly name: string
  /** `sha256:…` of the disk or, where the cloud has no digest, its id. Part of the inputs' digest. */
  readonly digest: string
  /** The promoted version of another family that this base is, if it is one. */
  readonly ancestor?: { readonly family: string; readonly version: string }
}

/** The result model of verification, whichever verifier gave it. */
export interface CaseResult {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'error' | 'skipped'
  readonly durationMs: number
  readonly message?: string
}

export interface SuiteResult {
  readonly suite: string
  readonly verifier: string
  readonly cases: readonly CaseResult[]
  readonly durationMs: number
  /** JUnit XML, relative to the build folder. */
  readonly junit: string
  /** Why the suite as a whole failed, where that is not a case: nothing ran, malformed report, exit code. */
  readonly problem?: string
}

/** One line of JSON: the whole standard output of a step, and `stdout` of its command resource. */
export interface StepResult {
  readonly step: 'configure' | 'seal' | 'verify' | 'prove'
  readonly status: 'ok' | 'failed'
  /** As that of a bake: who must act. */
  readonly exitCode: number
  readonly durationMs: number
  /** Why it failed, redacted; empty when ok. */
  readonly cause: string
  /** What the reader can do about it. */
  readonly hint?: string
  /** Relative to the build folder. */
  readonly log: string
  readonly suites: readonly SuiteResult[]
}
