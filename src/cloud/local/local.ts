import { existsSync } from 'node:fs'
import type { Tags } from '../../model/tags.ts'
import type { Cloud, Created } from '../cloud.ts'
import { resolveLocalBase } from './base/resolve.ts'
import { readConsole, saveConsole } from './machines/console.ts'
import { findLocalMachine, isMachineRunning, type LocalMachine, listMachines, machineFiles, removeMachine } from './machines/machine.ts'
import { describeHost } from './qemu/acceleration-finding.ts'
import { findPause } from './qemu/pause.ts'
import { imagePath, listImages, removeImage, type StoredImage } from './store/images.ts'

/** The local cloud: machines and images on this computer. It needs no account. */
export async function local(): Promise<Cloud> {
  return {
    name: 'local',
    region: 'local',
    resolveBase: resolveLocalBase,
    describeHost,

    async findPause(instanceId) {
      const machine = await findLocalMachine(instanceId)
      if (!machine) return undefined
      const { qmpSocket, folder } = machineFiles(machine)
      return findPause(qmpSocket, folder)
    },

    async openImageOf(instanceId, signal) {
      const machine = await findLocalMachine(instanceId)
      if (!machine || !existsSync(imagePath(machine.image))) return undefined
      return (await import('./disk/files.ts')).openOfflineDisk(imagePath(machine.image), signal)
    },

    findImageFile(imageId) {
      const path = imagePath(imageId)
      return existsSync(path) ? path : undefined
    },

    async list(tags) {
      const [machines, images] = await Promise.all([listMachines(), listImages()])
      const created = [...machines.map(fromMachine), ...images.map(fromImage)]
      return created.filter((each) => matches(each.tags, tags))
    },

    async delete({ kind, id }) {
      if (kind === 'image') return removeImage(id)
      const machine = await findLocalMachine(id)
      if (machine) await removeMachine(machine)
    },
  }
}

function fromMachine(machine: LocalMachine): Created {
  return {
    kind: 'instance',
    id: machine.id,
    tags: machine.tags,
    state: isMachineRunning(machine) ? 'running' : 'stopped',
    readConsole: () => readConsole(machine),
    saveConsole: (folder) => saveConsole(machine, folder),
  }
}

function fromImage(image: StoredImage): Created {
  return { kind: 'image', id: image.name, tags: image.tags, state: 'available' }
}

function matches(tags: Tags, wanted: Partial<Tags>): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key as keyof Tags] === value)
}
