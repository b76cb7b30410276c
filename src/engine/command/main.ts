import { servePlugin } from '../plugin/serve.ts'
import { localCommand } from './command.ts'

// The version is that of the SDK in use: the engine warns when they differ.
await servePlugin({ name: 'command', version: '1.2.1', resources: { 'command:local:Command': localCommand } })
