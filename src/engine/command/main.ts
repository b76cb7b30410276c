import { servePlugin } from '../plugin/serve.ts'
import { localCommand } from './command.ts'

// The version is that of the SDK in use: the engine warns when they differ. The official plugin outlives a killed engine, so this one does.
await servePlugin({ name: 'command', version: '1.2.1', outlivesEngine: true, resources: { 'command:local:Command': localCommand } })
