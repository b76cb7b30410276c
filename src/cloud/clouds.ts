import { UsageError } from '../core/errors.ts'
import type { PluginEntry } from '../engine/plugin/resource.ts'
import type { Finding } from '../model/finding.ts'
import type { Cloud, CloudResources } from './cloud.ts'
import type { CloudDescriptor } from './descriptor.ts'

/** All clouds, one line each. The first is the default. */
const clouds: Readonly<Record<string, () => Promise<CloudDescriptor>>> = {
  local: async () => (await import('./local/descriptor.ts')).local,
  aws: async () => (await import('./aws/descriptor.ts')).aws,
}

/** The names of all clouds, in their order. */
export const cloudNames: readonly string[] = Object.keys(clouds)

/** The default cloud. */
export const defaultCloud: string = cloudNames[0] ?? ''

/** The descriptor of a cloud. Throws UsageError if the name is unknown. */
export async function describeCloud(name: string): Promise<CloudDescriptor> {
  const load = clouds[name]
  if (!load) throw new UsageError(`Expected a cloud (${cloudNames.join(', ')}), got "${name}"`)
  return load()
}

/** The descriptors of all clouds, in their order. */
export async function listClouds(): Promise<readonly CloudDescriptor[]> {
  return Promise.all(cloudNames.map(describeCloud))
}

/** The hypervisors of the clouds whose machines run on this computer. */
export async function describeHosts(): Promise<Finding[]> {
  const near = (await listClouds()).filter(({ runsHere }) => runsHere)
  const found = await Promise.all(near.map(async ({ cloud }) => (await cloud()).describeHost?.()))
  return found.filter((finding) => finding !== undefined)
}

/** Settings of the providers of all clouds. */
export async function findProviderConfig(): Promise<Readonly<Record<string, string>>> {
  return Object.assign({}, ...(await listClouds()).map(({ providerConfig }) => providerConfig?.()))
}

/** The provider plugins of the clouds. */
export async function findPlugins(): Promise<readonly PluginEntry[]> {
  return (await listClouds()).flatMap(({ plugin }) => plugin ?? [])
}

/** The cloud of that name. Other clouds are not loaded. */
export async function chooseCloud(name: string): Promise<Cloud> {
  return (await describeCloud(name)).cloud()
}

/** The resources of the cloud of that name, for a Pulumi program. */
export async function chooseCloudResources(name: string): Promise<CloudResources> {
  return (await describeCloud(name)).resources()
}
