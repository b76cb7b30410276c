import { ownProcesses } from '../core/build-owner.ts'
import type { BakeRequest } from '../model/request.ts'
import { runBuild } from './build.ts'

// Each build runs in its own process, because an uncaught error of one Pulumi program would also end others in the same process.
ownProcesses()
const controller = new AbortController()
const abort = (): void => controller.abort()

// Ctrl-C in a terminal sends SIGINT to all processes. This one ignores it: the command line process sends a message to cancel.
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
