import { fork } from 'node:child_process'
import { join } from 'node:path'
import { cacheFolder } from '../core/paths.ts'
import { readTools } from '../core/tools.ts'
import type { BuildEvent } from '../model/events.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { BakeRequest } from '../model/request.ts'

type Message = { event: Parameters<Parameters<BakeFamily>[1]>[0] } | { outcome: BakeOutcome }

/** Bakes one family in a process of its own. Throws only for a bug of ours: a worker that died without a word. */
export const bakeFamily: BakeFamily = (request, listen, signal) => {
  const worker = fork(join(import.meta.dirname, 'worker.ts'), {
    execPath: readTools().node,
    env: { ...process.env, NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled') },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const errors: string[] = []
  worker.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const cancel = (): void => void (worker.connected && worker.send({ cancel: true }))
  signal.addEventListener('abort', cancel, { once: true })
  return new Promise<BakeOutcome>((resolve, reject) => {
    let outcome: BakeOutcome | undefined
    worker.on('message', (message: Message) => {
      if ('event' in message) listen(message.event)
      else outcome = message.outcome
    })
    worker.once('error', reject)
    worker.once('close', (code, killed) => {
      if (outcome) resolve(outcome)
      else
        reject(
          new Error(`the worker of ${request.family} ended without an outcome (${killed ?? `exit ${code}`}): ${errors.join('').trim()}`),
        )
    })
    worker.send({ bake: request })
    if (signal.aborted) cancel()
  }).finally(() => signal.removeEventListener('abort', cancel))
}

export type BakeListener = (event: BuildEvent) => void

/** `bakeFamily` of `bake.ts`: never throws for what a bake can end with; what it throws is a bug of ours. */
export type BakeFamily = (request: BakeRequest, listen: BakeListener, signal: AbortSignal) => Promise<BakeOutcome>
