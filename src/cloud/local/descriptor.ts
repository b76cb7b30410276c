import type { CloudDescriptor } from '../descriptor.ts'
import { qemuPlugin } from './provider/entry.ts'

/** The local cloud: machines and images on this computer. It needs no account. */
export const local: CloudDescriptor = {
  name: 'local',
  title: 'the local cloud',
  runsHere: true,
  bases: [
    { kind: 'debian', systems: ['linux'] },
    {
      kind: 'image',
      advice: {
        windows:
          'bring a disk image of Windows: base: {image: <qcow2>, sha256: …}; it boots by UEFI and has a WinRM listener for HTTPS on port 5986, or OpenSSH',
      },
    },
  ],
  plugin: qemuPlugin,
  section: async () => (await import('./options.ts')).section,
  cloud: async () => (await import('./local.ts')).local(),
  resources: async () => (await import('./resources.ts')).localResources,
}
