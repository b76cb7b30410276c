import type { Suite } from './suite.ts'

// The values of settings in family.yaml. src/family/schema.ts describes the settings.
export const loginKinds = ['credential', 'cloud-init', 'password'] as const
export const transports = ['ssh', 'psrp'] as const
export const deviceSets = ['virtio', 'standard'] as const
export const strategies = ['mitogen', 'linear'] as const

/** The source of a secret. It never contains the secret. */
export type Secret = { readonly env: string } | { readonly file: string }

/** The base image of a family: its kind and its keys in the family file. */
export interface Base {
  readonly kind: string
  readonly [key: string]: unknown
}

/** Size of the machines of a build. Memory in MiB, disk in GiB. */
export interface Machine {
  readonly cpus: number
  readonly memory: number
  readonly disk: number
  readonly devices: (typeof deviceSets)[number]
}

/** How the build logs in to its machines. */
export interface Login {
  readonly by: (typeof loginKinds)[number]
  readonly user: string
  readonly transport: (typeof transports)[number]
  readonly timeout: string
}

/** How the base machine is configured. */
export interface Configure {
  readonly playbook: string
  readonly requirements?: string | undefined
  readonly strategy: (typeof strategies)[number]
  readonly become: boolean
  readonly variables: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, Secret>>
  readonly vaultPassword?: Secret | undefined
  /** Whether the package lists are refreshed before the playbook runs. */
  readonly refreshPackages: boolean
  /** Whether the base machine can connect to the network. */
  readonly network: boolean
  readonly timeout: string
}

/** How the candidate is tested. */
export interface Verify {
  readonly clones: number
  readonly reboot: boolean
  /** Whether trials can connect to the network. */
  readonly network: boolean
  readonly suites: readonly Suite[]
  readonly timeout: string
}

/** Settings that have the same form in the family file and in `Family`. */
export interface FamilySettings {
  readonly description: string
  /** The name of the operating system of the image. */
  readonly os: string
  readonly cloud: string
  readonly machine: Machine
  readonly login: Login
  readonly configure: Configure
  readonly seal: { readonly script?: string | undefined; readonly timeout: string }
  readonly image: { readonly compress: boolean }
  /** Findings of hygiene checks that the family wants: the reason, by the name of the check. */
  readonly hygiene?: { readonly allow: { readonly [check: string]: string | undefined } } | undefined
}

/** A family: a folder below `playbooks/`. Its `family.yaml` is validated and has all defaults. */
export interface Family extends FamilySettings {
  readonly name: string
  /** Absolute path of its folder. */
  readonly folder: string
  readonly base: Base
  readonly verify: Verify
  /** Options of each cloud, by name. Only that cloud reads them. */
  readonly sections: Readonly<Record<string, unknown>>
}

/** The parent family; undefined if the base is not the image of a family. */
export function findBaseFamily({ kind, family }: Base): string | undefined {
  return kind === 'family' ? String(family) : undefined
}
