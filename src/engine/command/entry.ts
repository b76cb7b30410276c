import { join } from 'node:path'
import type { PluginEntry } from '../plugin/resource.ts'

/** Our stand-in for the official `command` plugin. */
export const commandPlugin: PluginEntry = { name: 'command', main: join(import.meta.dirname, 'main.ts') }
