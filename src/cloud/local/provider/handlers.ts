import { messageOf } from '../../../core/errors.ts'
import { changedProperties, unknownValue } from '../../../engine/plugin/properties.ts'
import type { DiffAnswer, Properties, ResourceHandler } from '../../../engine/plugin/resource.ts'
import { findLocalMachine, isMachineRunning, removeMachine } from '../machines/machine.ts'
import { checkInputs, copyInputs, imageInputs, instanceInputs } from '../machines/spec.ts'
import { findImage, imagePath, removeImage } from '../store/images.ts'
import { copyImage, makeCandidate } from './images.ts'
import { launchMachine } from './launch.ts'

/** Inputs whose change requires a new resource. Other inputs matter only during creation. */
const replacing = {
  instance: ['image', 'publicKey', 'user', 'login', 'cpus', 'memory', 'disk'],
  image: ['name', 'instanceId'],
  copy: ['name', 'source', 'compress'],
} as const

/** `qemu:index:Instance`: a machine. Its creation ends when login works. */
const instance: ResourceHandler = {
  check: async (news) => ({ inputs: news, failures: checkInputs(instanceInputs, news, unknownValue) }),
  diff: async (_id, olds, news) => diff(olds, news, replacing.instance),
  async create(inputs, context) {
    const spec = instanceInputs.parse(inputs)
    const { machine: made, host, boot, note } = await launchMachine(spec, context.signal)
    return { id: made.id, outputs: { ...inputs, instanceId: made.id, host, boot, note } }
  },
  async read(id, state) {
    const found = await findLocalMachine(id)
    return found && isMachineRunning(found) ? { outputs: state } : undefined
  },
  update: async (_id, olds, news) => ({ ...olds, ...news }),
  async delete(id) {
    const found = await findLocalMachine(id)
    if (found) await removeMachine(found)
  },
}

/** `qemu:index:Image`: a candidate. */
const image: ResourceHandler = {
  check: async (news) => ({ inputs: news, failures: checkInputs(imageInputs, news, unknownValue) }),
  diff: async (_id, olds, news) => diff(olds, news, replacing.image),
  async create(inputs, context) {
    const made = await makeCandidate(imageInputs.parse(inputs), context.signal)
    return { id: made.name, outputs: imageOutputs(inputs, made.digest) }
  },
  read: (id, state) => readImage(id, state),
  update: async (_id, olds, news) => ({ ...olds, ...news }),
  delete: (id) => removeImage(id),
}

/** `qemu:index:ImageCopy`: a promoted image. */
const imageCopy: ResourceHandler = {
  check: async (news) => ({ inputs: news, failures: checkInputs(copyInputs, news, unknownValue) }),
  diff: async (_id, olds, news) => diff(olds, news, replacing.copy),
  async create(inputs, context) {
    const made = await copyImage(copyInputs.parse(inputs), context.signal).catch((cause: unknown) => {
      throw new Error(`cannot copy the image: ${messageOf(cause)}`, { cause })
    })
    return { id: made.name, outputs: imageOutputs(inputs, made.digest) }
  },
  read: (id, state) => readImage(id, state),
  update: async (_id, olds, news) => ({ ...olds, ...news }),
  delete: (id) => removeImage(id),
}

/** The resource types of the provider `qemu`. */
export const handlers: Readonly<Record<string, ResourceHandler>> = {
  'qemu:index:Instance': instance,
  'qemu:index:Image': image,
  'qemu:index:ImageCopy': imageCopy,
}

async function diff(olds: Properties, news: Properties, replaces: readonly string[]): Promise<DiffAnswer> {
  const inputsOf = Object.fromEntries(Object.keys(news).map((key) => [key, olds[key]]))
  const changed = changedProperties(inputsOf, news)
  return { changed: changed.length > 0, replaces: changed.filter((name) => replaces.includes(name)) }
}

function imageOutputs(inputs: Properties, digest: string): Properties {
  const name = String(inputs.name)
  return { ...inputs, imageId: name, imageName: name, path: imagePath(name), digest, imagesByRegion: { local: name } }
}

async function readImage(id: string, state: Properties): Promise<{ outputs: Properties } | undefined> {
  return (await findImage(id)) ? { outputs: state } : undefined
}
