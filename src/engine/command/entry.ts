import { join } from 'node:path'
import type { PluginEntry } from '../plugin/resource.ts'

/** The bundled `command` plugin, which replaces the official one. */
export const commandPlugin: PluginEntry = { name: 'command', main: join(import.meta.dirname, 'main.ts') }
