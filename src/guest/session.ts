import type { StepContext } from './context.ts'
import type { Connection } from './ssh/ssh.ts'

/** A machine that a step works on: its connection, and a context that also redacts secrets of this session, such as a password. */
export interface Session {
  readonly context: StepContext
  readonly connection: Connection
}

/** A session that must be closed. */
export interface OpenSession extends Session, AsyncDisposable {}
