import { keepFilesPrivate } from '../../../core/private-files.ts'
import { servePlugin } from '../../../engine/plugin/serve.ts'
import { handlers } from './handlers.ts'

keepFilesPrivate()
await servePlugin({ name: 'qemu', version: '0.1.0', resources: handlers })
