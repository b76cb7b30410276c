import type { BakeRequest } from '../model/request.ts'
import { ownSteps } from '../steps/entry.ts'
import { runBuild } from './build.ts'

// One process per build: programs that share a process share its uncaught errors too.
ownSteps()
const controller = new AbortController()
const abort = (): void => controller.abort()

// The terminal sends its signals to all of us; the command line says what they mean.
process.on('SIGINT', () => {})
process.on('SIGTERM', abort)
process.on('disconnect', abort)
process.on('message', (message: { bake?: BakeRequest; cancel?: true }) => {
  if (message.cancel) abort()
  if (message.bake) void bake(message.bake)
})

async function bake(request: BakeRequest): Promise<void> {
  const outcome = await runBuild(request, (event) => process.connected && process.send?.({ event }), controller.signal)
  if (process.connected) process.send?.({ outcome }, () => process.exit(0))
  else process.exit(0)
}
