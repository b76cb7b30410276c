import type { Cloud, Created } from '../../../src/cloud/cloud.ts'
import type { Tags } from '../../../src/model/tags.ts'

const created = new Map<string, Created>()

/** Opens the cloud. Throws MissingError if credentials or a region are missing. */
export async function openPaper(): Promise<Cloud> {
  return {
    name: 'paper',
    region: 'desk',
    async resolveBase({ base }, { latestGood }) {
      if (base.kind !== 'family') return { id: String(base.sheet), name: String(base.sheet), digest: String(base.sheet) }
      const { family, version, imageId, imageName, digest } = await latestGood()
      return { id: imageId, name: imageName, digest, ancestor: { family, version } }
    },
    list: async (tags) => [...created.values()].filter((each) => matches(each.tags, tags)),
    delete: async ({ id }) => void created.delete(id),
  }
}

function matches(tags: Tags, wanted: Partial<Tags>): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key as keyof Tags] === value)
}
