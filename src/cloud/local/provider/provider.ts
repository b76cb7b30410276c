import { servePlugin } from '../../../engine/plugin/serve.ts'
import { handlers } from './handlers.ts'

await servePlugin({ name: 'qemu', version: '0.1.0', resources: handlers })
