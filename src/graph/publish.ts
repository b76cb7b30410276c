import type { PublishOptions } from '../cloud/cloud.ts'
import { chooseCloudResources } from '../cloud/clouds.ts'
import type { LatestGood } from '../model/outputs.ts'
import { Attachment } from './attachment.ts'

/** The content of a family stack. */
export interface FamilyContent {
  /** The latest good image; undefined before the first promotion. */
  readonly image: LatestGood | undefined
  /** The attachment of the stack: the records of the builds. */
  readonly records: string | undefined
}

/** The program of a family stack. Its outputs depend on what the cloud publishes; if publishing fails, the outputs do not change. */
export async function publishProgram({ image, records }: FamilyContent, options: PublishOptions = {}): Promise<Record<string, unknown>> {
  if (records !== undefined) new Attachment(records)
  if (image === undefined) return {}
  const { publish } = await chooseCloudResources(image.cloud)
  const published = publish?.(image.family, image, options)
  if (!published) return { ...image }
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, published.apply(() => value as unknown)]))
}
