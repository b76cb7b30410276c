import type { PublishOptions } from '../cloud/cloud.ts'
import { chooseCloudResources } from '../cloud/clouds.ts'
import type { LatestGood } from '../model/outputs.ts'

/** The program of a family stack. Its outputs depend on what the cloud publishes; if publishing fails, the outputs do not change. */
export async function publishProgram(image: LatestGood, options: PublishOptions = {}): Promise<Record<string, unknown>> {
  const { publish } = await chooseCloudResources(image.cloud)
  const published = publish?.(image.family, image, options)
  if (!published) return { ...image }
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, published.apply(() => value as unknown)]))
}
