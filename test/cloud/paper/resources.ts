import { CustomResource, type CustomResourceOptions, type Inputs, type Output } from '@pulumi/pulumi'
import type { CloudResources, ImageResource } from '../../../src/cloud/cloud.ts'
import type { Host } from '../../../src/model/host.ts'
import { optionsOf } from './options.ts'

class Sheet extends CustomResource {
  declare readonly host: Output<Host>

  constructor(name: string, inputs: Inputs, options: CustomResourceOptions) {
    super('paper:index:Sheet', name, { ...inputs, host: undefined }, options)
  }
}

/** The resources of Paper, on a provider that serves `paper:index:Sheet`. */
export const paperResources: CloudResources = {
  instance(name, { context, image, stage, publicKey }, options) {
    const resource = new Sheet(name, { image, stage, publicKey, ...optionsOf(context.family) }, options)
    return { resource, instanceId: resource.id, host: resource.host }
  },
  image: (name, { tags, instance }, options) => asImage(new Sheet(name, { tags, from: instance.instanceId }, options)),
  copy: (name, { tags, source }, options) => asImage(new Sheet(name, { tags, from: source }, options)),
}

function asImage(resource: Sheet): ImageResource {
  const { id } = resource
  return { resource, imageId: id, imageName: id, digest: id, imagesByRegion: id.apply((desk) => ({ desk }) as Record<string, string>) }
}
