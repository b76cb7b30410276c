import type { Host } from '../core/model.ts'
import { type Connection, connect } from './connect.ts'
import type { StepContext } from './context.ts'

/** An open way to a machine, and the context that goes with it: a Windows machine's password is known to that one alone. */
export interface Way extends AsyncDisposable {
  readonly context: StepContext
  readonly connection: Connection
}

/** The way to a machine of the family's operating system. Linux needs nothing opened; the first command does. */
export async function reach(context: StepContext, host: Host): Promise<Way> {
  if (context.request.family.os === 'windows') return (await import('./windows/reach.ts')).reachWindows(context, host)
  return { context, connection: connect(host, context.folder), async [Symbol.asyncDispose]() {} }
}
