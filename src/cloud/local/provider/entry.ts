import { programBeside } from '../../../core/paths.ts'
import type { PluginEntry } from '../../../engine/plugin/resource.ts'

/** The provider plugin for machines and images with QEMU. */
export const qemuPlugin: PluginEntry = { name: 'qemu', main: programBeside(import.meta, 'provider') }
