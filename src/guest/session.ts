import type { Host } from '../model/host.ts'
import type { StepContext, Way } from './context.ts'
import { connect } from './ssh/ssh.ts'

/** The way to a machine of the family's operating system. Linux needs nothing opened; the first command does. */
export async function reach(context: StepContext, host: Host): Promise<Way> {
  if (context.request.family.os === 'windows') return (await import('./windows/session.ts')).reachWindows(context, host)
  return { context, connection: connect(host, context.folder), async [Symbol.asyncDispose]() {} }
}
