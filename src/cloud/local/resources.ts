import { CustomResource, type CustomResourceOptions, type Inputs, type Output } from '@pulumi/pulumi'
import { parseDuration } from '../../core/duration.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { Host } from '../../model/host.ts'
import type { Tags } from '../../model/tags.ts'
import type { CloudResources, ImageResource } from '../cloud.ts'
import type { StartingMachine } from '../progress.ts'
import type { CopyInputs, ImageInputs, InstanceInputs } from './machines/spec.ts'

/** The version of the provider plugin, as in `provider.ts`. */
const version = '0.1.0'

type ResourceInputs<T> = { [K in keyof T]: Inputs[string] }

/** A machine of the local cloud. */
export class Instance extends CustomResource {
  declare readonly instanceId: Output<string>
  declare readonly host: Output<Host>

  constructor(name: string, inputs: ResourceInputs<InstanceInputs>, options: CustomResourceOptions = {}) {
    super('qemu:index:Instance', name, { ...inputs, instanceId: undefined, host: undefined }, { version, ...options })
  }
}

class Image extends CustomResource implements Omit<ImageResource, 'resource'> {
  declare readonly imageId: Output<string>
  declare readonly imageName: Output<string>
  declare readonly digest: Output<string>
  declare readonly imagesByRegion: Output<Record<string, string>>

  constructor(type: 'Image' | 'ImageCopy', name: string, inputs: ResourceInputs<ImageInputs | CopyInputs>, options: CustomResourceOptions) {
    const outputs = { imageId: undefined, imageName: undefined, digest: undefined, imagesByRegion: undefined, path: undefined }
    super(`qemu:index:${type}`, name, { ...inputs, ...outputs }, { version, ...options })
  }
}

/** The resources of the local cloud, from the provider plugin `qemu` of this project. */
export const localResources: CloudResources = {
  instance(name, { context, stage, image, publicKey, identityFile, knownHostsFile, warm }, options) {
    const { family, version: of, build, buildFolder, expires } = context
    const tags: Tags = { tool: 'bakehouse', family: family.name, version: of, build, stage, expires }
    const loginTimeoutSeconds = Math.ceil(parseDuration(family.login.timeout) / 1000)
    const diagnosticsFolder = `${buildFolder}/${buildFiles.diagnostics}`
    const startedBy: StartingMachine = { buildFolder, stage, name }
    const { os } = family
    const login = { login: family.login.by, user: family.login.user, transport: family.login.transport, os, loginTimeoutSeconds }
    const key = { publicKey, identityFile, knownHostsFile }
    const network = stage === 'base' ? family.configure.network : family.verify.network
    const inputs = {
      name: `${family.name}-${of}-${name}`,
      tags,
      image,
      ...key,
      ...login,
      ...family.machine,
      network,
      warm,
      diagnosticsFolder,
      startedBy,
    }
    const resource = new Instance(name, inputs, { ...options, customTimeouts: { create: '12h' } })
    return { resource, instanceId: resource.instanceId, host: resource.host }
  },

  image(logicalName, { context, name, tags, instance }, options) {
    const { compress } = context.family.image
    return withResource(new Image('Image', logicalName, { name, tags, instanceId: instance.instanceId, compress }, options))
  },

  copy(logicalName, { context, name, tags, source }, options) {
    return withResource(new Image('ImageCopy', logicalName, { name, tags, source, compress: context.family.image.compress }, options))
  },
}

function withResource(image: Image): ImageResource {
  const { imageId, imageName, digest, imagesByRegion } = image
  return { resource: image, imageId, imageName, digest, imagesByRegion }
}
