import { CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2'
import { clients } from '../../../src/cloud/aws/clients.ts'
import { toTags } from './emulate.ts'

type Tags = Record<string, string | undefined> | undefined

/** Gives resources of EC2 their new tags, and removes those that they have no longer. */
export async function changeTags(Resources: string[], olds: Tags, news: Tags, region?: string): Promise<void> {
  const gone = Object.keys(olds ?? {}).filter((key) => news?.[key] === undefined)
  const client = clients.ec2(region)
  if (gone.length > 0) await client.send(new DeleteTagsCommand({ Resources, Tags: gone.map((Key) => ({ Key })) }))
  if (Object.keys(news ?? {}).length > 0) await client.send(new CreateTagsCommand({ Resources, Tags: toTags(news) }))
}
