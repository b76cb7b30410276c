import { chooseCloudResources } from '../cloud/clouds.ts'
import type { LatestGood } from '../model/outputs.ts'

/** The outputs, and what the cloud itself publishes: they wait for it, so that what fails there leaves them as they were. */
export async function publishProgram(image: LatestGood): Promise<Record<string, unknown>> {
  const { publish } = await chooseCloudResources(image.cloud)
  const published = publish?.(image.family, image)
  if (!published) return { ...image }
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, published.apply(() => value as unknown)]))
}
