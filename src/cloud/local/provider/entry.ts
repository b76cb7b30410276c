import { join } from 'node:path'
import type { PluginEntry } from '../../../engine/plugin/resource.ts'

/** The provider plugin for machines and images with QEMU. */
export const qemuPlugin: PluginEntry = { name: 'qemu', main: join(import.meta.dirname, 'provider.ts') }
