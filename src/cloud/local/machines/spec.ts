import { z } from 'zod'
import type { CheckFailure, Properties } from '../../../engine/plugin/resource.ts'
import { deviceSets, loginKinds, systems, transports } from '../../../model/family.ts'

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
  /** An image of the store by name, or a disk by absolute path. */
  image: z.string().min(1),
  publicKey: z.string().min(1),
  identityFile: z.string().min(1),
  knownHostsFile: z.string().min(1),
  user: z.string().min(1),
  login: z.enum(loginKinds),
  cpus: z.int().min(1),
  memory: z.int().min(64),
  disk: z.int().min(1),
  os: z.enum(systems).optional(),
  transport: z.enum(transports).optional(),
  /** `standard`: devices for which the guest needs no drivers of ours. */
  devices: z.enum(deviceSets).optional(),
  /** Whether the guest reaches the network beyond this computer; never this computer itself. */
  network: z.boolean().optional(),
  loginTimeoutSeconds: z.int().min(1),
  warm: z.boolean(),
  /** Where console and screen go when the guest never comes up; empty for nowhere. */
  diagnosticsFolder: z.string(),
})

/** Inputs of `qemu:index:Image`: the disk of a stopped machine, taken over. */
export const imageInputs = z.strictObject({ name: z.string().min(1), tags, instanceId: z.string().min(1), compress: z.boolean() })

/** Inputs of `qemu:index:ImageCopy`: the whole of an image in one file. */
export const copyInputs = z.strictObject({ name: z.string().min(1), tags, source: z.string().min(1), compress: z.boolean() })

export type InstanceInputs = z.output<typeof instanceInputs>
export type ImageInputs = z.output<typeof imageInputs>
export type CopyInputs = z.output<typeof copyInputs>

/** What is wrong with some inputs, by property; unknown values of a preview pass. */
export function checkInputs(schema: z.ZodType, news: Properties, unknown: string): CheckFailure[] {
  const { error } = schema.safeParse(news)
  return (error?.issues ?? [])
    .filter((issue) => issue.path.reduce<unknown>((value, key) => (value as Properties | undefined)?.[key as string], news) !== unknown)
    .map((issue) => ({ property: issue.path.join('.'), reason: issue.message }))
}
