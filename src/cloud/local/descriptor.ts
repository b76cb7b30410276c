import { forSystem } from '../../guest/systems.ts'
import type { CloudDescriptor } from '../descriptor.ts'
import { findMissingPartHint } from './base/missing-parts.ts'
import { qemuPlugin } from './provider/entry.ts'
import { profiles } from './qemu/profiles.ts'

/** The local cloud: machines and images on this computer. It needs no account. */
export const local: CloudDescriptor = {
  name: 'local',
  title: 'the local cloud',
  runsHere: true,
  bases: [
    {
      kind: 'debian',
      isOwn: true,
      systems: ['linux'],
      findHint: findMissingPartHint,
    },
    {
      kind: 'image',
      advice: (os) => forSystem(profiles, os).imageAdvice,
    },
  ],
  plugin: qemuPlugin,
  section: async () => (await import('./options.ts')).section,
  cloud: async () => (await import('./local.ts')).local(),
  resources: async () => (await import('./resources.ts')).localResources,
}
