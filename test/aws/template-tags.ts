import type { Call } from './call.ts'
import { queryXml } from './own-calls.ts'

/** moto shows launch templates with the tags that they were created with. It shows their present tags only as a list of tags. */
export async function showTemplateTags({ action, region }: Call, text: string, endpoint: string): Promise<string> {
  if (action !== 'DescribeLaunchTemplates') return text
  const ids = [...text.matchAll(/<launchTemplateId>(.*?)</g)].map(([, id = '']) => id)
  const tags = new Map(await Promise.all(ids.map(async (id) => [id, await readTagSet(endpoint, region, id)] as const)))
  const template = /<launchTemplateId>([^<]*)<\/launchTemplateId>(.*?)<tagSet(?:\/>|>.*?<\/tagSet>)/gs
  return text.replaceAll(template, (_, id: string, rest: string) => `<launchTemplateId>${id}</launchTemplateId>${rest}${tags.get(id)}`)
}

async function readTagSet(endpoint: string, region: string, id: string): Promise<string> {
  const query = { Action: 'DescribeTags', Version: '2016-11-15', 'Filter.1.Name': 'resource-id', 'Filter.1.Value.1': id }
  return /<tagSet.*(?:<\/tagSet>|\/>)/s.exec(await queryXml(endpoint, { service: 'ec2', region }, query))?.[0] ?? '<tagSet/>'
}
