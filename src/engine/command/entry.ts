import { programBeside } from '../../core/paths.ts'
import type { PluginEntry } from '../plugin/resource.ts'

/** The bundled `command` plugin, which replaces the official one. */
export const commandPlugin: PluginEntry = { name: 'command', main: programBeside(import.meta, 'main') }
