import type { Tags } from '../../model/tags.ts'
import type { Cloud, Created } from '../cloud.ts'
import { resolveLocalBase } from './base/resolve.ts'
import { diagnoseInstance } from './machines/diagnose.ts'
import { findInstance, instanceFiles, isInstanceRunning, type LocalInstance, listInstances, removeInstance } from './machines/machine.ts'
import { describeHost } from './qemu/acceleration-finding.ts'
import { findPause } from './qemu/pause.ts'
import { listImages, removeImage, type StoredImage } from './store/images.ts'

/** The embedded cloud: machines and images of this computer, no account. */
export async function local(): Promise<Cloud> {
  return {
    name: 'local',
    region: 'local',
    resolveBase: resolveLocalBase,
    describeHost,

    async findPause(instanceId) {
      const instance = await findInstance(instanceId)
      if (!instance) return undefined
      const { qmpSocket, folder } = instanceFiles(instance)
      return findPause(qmpSocket, folder)
    },

    async list(tags) {
      const [instances, images] = await Promise.all([listInstances(), listImages()])
      const created = [...instances.map(fromInstance), ...images.map(fromImage)]
      return created.filter((each) => matches(each.tags, tags))
    },

    async delete({ kind, id }) {
      if (kind === 'image') return removeImage(id)
      const instance = await findInstance(id)
      if (instance) await removeInstance(instance)
    },
  }
}

function fromInstance(instance: LocalInstance): Created {
  return {
    kind: 'instance',
    id: instance.id,
    tags: instance.tags,
    state: isInstanceRunning(instance) ? 'running' : 'stopped',
    diagnose: (folder) => diagnoseInstance(instance, folder),
  }
}

function fromImage(image: StoredImage): Created {
  return { kind: 'image', id: image.name, tags: image.tags, state: 'available' }
}

function matches(tags: Tags, wanted: Partial<Tags>): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key as keyof Tags] === value)
}
