import { z } from 'zod'
import type { CheckFailure, Properties } from '../../../engine/plugin/resource.ts'
import { systemNames } from '../../../guest/systems.ts'
import { deviceSets, loginKinds, transports } from '../../../model/family.ts'

const tags = z.strictObject({
  tool: z.literal('bakehouse'),
  family: z.string().min(1),
  version: z.string(),
  build: z.string(),
  stage: z.enum(['base', 'candidate', 'trial', 'promoted']),
  expires: z.string(),
})

/** Inputs of `qemu:index:Instance`. */
export const instanceInputs = z.strictObject({
  name: z.string().min(1),
  tags,
  /** The name of an image in the store, or the absolute path of a disk. */
  image: z.string().min(1),
  publicKey: z.string().min(1),
  identityFile: z.string().min(1),
  knownHostsFile: z.string().min(1),
  user: z.string().min(1),
  login: z.enum(loginKinds),
  cpus: z.int().min(1),
  memory: z.int().min(64),
  disk: z.int().min(1),
  os: z.enum(systemNames).optional(),
  transport: z.enum(transports).optional(),
  /** `standard`: devices for which every guest has drivers. */
  devices: z.enum(deviceSets).optional(),
  /** Whether the guest can connect to the network beyond this computer. It can never connect to this computer. */
  network: z.boolean().optional(),
  loginTimeoutSeconds: z.int().min(1),
  warm: z.boolean(),
  /** Folder for console log and screenshot if the guest does not start; empty for none. */
  diagnosticsFolder: z.string(),
  /** The build that starts the machine. It is told what is seen of the machine meanwhile. */
  startedBy: z.strictObject({ buildFolder: z.string(), stage: z.enum(['base', 'trial']), name: z.string() }).optional(),
})

/** Inputs of `qemu:index:Image`, an image from the disk of a stopped instance. */
export const imageInputs = z.strictObject({ name: z.string().min(1), tags, instanceId: z.string().min(1), compress: z.boolean() })

/** Inputs of `qemu:index:ImageCopy`, a copy of an image in one file. */
export const copyInputs = z.strictObject({ name: z.string().min(1), tags, source: z.string().min(1), compress: z.boolean() })

// The inputs after parsing.
export type InstanceInputs = z.output<typeof instanceInputs>
export type ImageInputs = z.output<typeof imageInputs>
export type CopyInputs = z.output<typeof copyInputs>

/** The problems of inputs, by property. Values that are unknown in a preview are accepted. */
export function checkInputs(schema: z.ZodType, news: Properties, unknown: string): CheckFailure[] {
  const { error } = schema.safeParse(news)
  return (error?.issues ?? [])
    .filter((issue) => issue.path.reduce<unknown>((value, key) => (value as Properties | undefined)?.[key as string], news) !== unknown)
    .map((issue) => ({ property: issue.path.join('.'), reason: issue.message }))
}
