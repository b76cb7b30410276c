import { servePlugin } from '../plugin/serve.ts'
import { localCommand } from './command.ts'

// The engine warns if this version differs from that of the SDK. Like the official plugin, this one continues if the engine is killed.
await servePlugin({ name: 'command', version: '1.2.1', outlivesEngine: true, resources: { 'command:local:Command': localCommand } })
