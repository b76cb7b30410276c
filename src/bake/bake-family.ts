import { fork } from 'node:child_process'
import { join } from 'node:path'
import { cacheFolder, programBeside, projectFolder } from '../core/paths.ts'
import { readTools } from '../core/tools.ts'
import type { BuildEvent } from '../model/events.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { Phase } from '../model/phases.ts'
import type { BakeRequest } from '../model/request.ts'
import { settleLostWorker } from './lost-worker.ts'

type Message = { event: Parameters<Parameters<BakeFamily>[1]>[0] } | { outcome: BakeOutcome }

/** Builds one family in a worker process. Throws only if the worker process cannot be started. */
export const bakeFamily: BakeFamily = (request, listen, signal) => {
  const startedAt = Date.now()
  const worker = fork(programBeside(import.meta, 'worker'), {
    execPath: readTools().node,
    env: { ...process.env, BAKEHOUSE_PROJECT: projectFolder(), NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled') },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const errors: string[] = []
  worker.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const cancel = (): void => void (worker.connected && worker.send({ cancel: true }))
  signal.addEventListener('abort', cancel, { once: true })
  return new Promise<BakeOutcome>((resolve, reject) => {
    let outcome: BakeOutcome | undefined
    let phase: Phase | undefined
    worker.on('message', (message: Message) => {
      if ('outcome' in message) outcome = message.outcome
      else {
        if (message.event.type === 'phase') phase = message.event.phase
        listen(message.event)
      }
    })
    worker.once('error', reject)
    worker.once('close', (exitCode, killed) => {
      resolve(outcome ?? settleLostWorker(request, { exitCode, signal: killed, stderr: errors.join(''), phase, startedAt }))
    })
    worker.send({ bake: request })
    if (signal.aborted) cancel()
  }).finally(() => signal.removeEventListener('abort', cancel))
}

/** Receives the events of a build. */
export type BakeListener = (event: BuildEvent) => void

/** Builds one family. A failed build is an outcome; only internal errors are thrown. */
export type BakeFamily = (request: BakeRequest, listen: BakeListener, signal: AbortSignal) => Promise<BakeOutcome>
