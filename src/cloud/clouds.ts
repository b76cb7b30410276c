import { UsageError } from '../core/errors.ts'
import type { PluginEntry } from '../engine/plugin/resource.ts'
import type { Finding } from '../model/finding.ts'
import type { Cloud, CloudResources } from './cloud.ts'
import { qemuPlugin } from './local/provider/entry.ts'

const clouds: Record<string, { cloud: () => Promise<Cloud>; resources: () => Promise<CloudResources> }> = {
  local: {
    cloud: async () => (await import('./local/local.ts')).local(),
    resources: async () => (await import('./local/resources.ts')).localResources,
  },
  aws: {
    cloud: async () => (await import('./aws/aws.ts')).aws(),
    resources: async () => (await import('./aws/resources.ts')).awsResources,
  },
}

/** The clouds there are, by name. */
export const cloudNames: readonly string[] = Object.keys(clouds)

/** The cloud of a family that names none: it needs no account. */
export const embeddedCloud = 'local'

/** Whether machines of that cloud run on this computer, and so need its memory and its processors. */
export function runsHere(name: string): boolean {
  return name === embeddedCloud
}

/** What runs the machines of the clouds that use this computer. */
export async function describeHosts(): Promise<Finding[]> {
  const here = await Promise.all(cloudNames.filter(runsHere).map(chooseCloud))
  const found = await Promise.all(here.map((cloud) => cloud.describeHost?.()))
  return found.filter((finding) => finding !== undefined)
}

/** Which clouds can start from a base of this form; a form that is not here goes with all. */
export const cloudsOfBase: Readonly<Record<string, readonly string[]>> = {
  debian: ['local'],
  image: ['local'],
  ami: ['aws'],
  amiId: ['aws'],
  parameter: ['aws'],
}

/** The provider plugins that the clouds bring along. */
export async function findPlugins(): Promise<readonly PluginEntry[]> {
  return [qemuPlugin]
}

/** The cloud of that name; loads nothing of the others. */
export async function chooseCloud(name: string): Promise<Cloud> {
  return entry(name).cloud()
}

/** The resources of the cloud of that name, for use inside a Pulumi program. */
export async function chooseCloudResources(name: string): Promise<CloudResources> {
  return entry(name).resources()
}

function entry(name: string): (typeof clouds)[string] {
  const found = clouds[name]
  if (!found) throw new UsageError(`Expected a cloud (${cloudNames.join(', ')}), got "${name}"`)
  return found
}
