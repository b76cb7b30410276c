import { rmSync } from 'node:fs'
import type { PulumiFn, EngineEvent as SdkEvent, Stack } from '@pulumi/pulumi/automation/index.js'
import { defined } from '../core/defined.ts'
import { type EngineEvent, findEvent } from './event.ts'
import { hasStaleLock } from './failed-run.ts'
import { parseState, type StackState } from './state.ts'

/** The tag of a stack that contains its label. */
const labelTag = 'bakehouse:label'

/** An open stack. */
export interface OpenStack {
  readonly name: string
  /** Runs the program. Returns the outputs in the state; secrets among them are masked. */
  up(program: PulumiFn, options: UpdateOptions): Promise<Readonly<Record<string, unknown>>>
  preview(program: PulumiFn, options: UpdateOptions): Promise<void>
  /** Removes all its resources, including protected ones. */
  destroy(options: UpdateOptions): Promise<void>
  /** Reads the state: outputs, resources, and interrupted operations. */
  read(): Promise<StackState>
  /** Stores a short text with the stack, outside of its state. */
  setLabel(text: string): Promise<void>
  findLabel(): Promise<string | undefined>
  /** Removes the stack and its history. Fails if it has resources. */
  remove(): Promise<void>
  /** Removes the work folder. The stack stays in the backend. */
  [Symbol.dispose](): void
}

/** Options of an update. */
export interface UpdateOptions {
  readonly message: string
  readonly signal: AbortSignal
  readonly onEvent?: (event: EngineEvent) => void
}

/** Wraps a stack of the Automation API. */
export function openedStack(stack: Stack): OpenStack {
  return {
    name: stack.name,
    async up(program, update) {
      let outputs: Readonly<Record<string, unknown>> = {}
      const options = sdkOptions(update, (event) => (outputs = findOutputs(event) ?? outputs))
      await withoutStaleLock(stack, () => stack.up({ ...options, program }))
      return outputs
    },
    async preview(program, update) {
      await stack.preview({ ...sdkOptions(update), program })
    },
    async destroy(update) {
      const options = sdkOptions(update)
      await withoutStaleLock(stack, () => unprotect(stack))
      await withoutStaleLock(stack, () => stack.destroy(options))
    },
    async read() {
      return parseState((await stack.exportStack()).deployment)
    },
    async setLabel(text) {
      await stack.workspace.setTag(stack.name, labelTag, text)
    },
    async findLabel() {
      return (await stack.workspace.listTags(stack.name))[labelTag]
    },
    async remove() {
      await stack.workspace.removeStack(stack.name)
      rmSync(stack.workspace.workDir, { recursive: true, force: true })
    },
    [Symbol.dispose]() {
      rmSync(stack.workspace.workDir, { recursive: true, force: true })
    },
  }
}

/** Runs an operation. If a killed engine left its lock on the stack, removes the lock and runs the operation again. */
async function withoutStaleLock(stack: Stack, operation: () => Promise<unknown>): Promise<void> {
  try {
    await operation()
  } catch (error) {
    if (!hasStaleLock(error)) throw error
    await stack.cancel()
    await operation()
  }
}

function sdkOptions({ message, signal, onEvent }: UpdateOptions, look?: (event: SdkEvent) => void) {
  // The SDK ignores a signal that was aborted before, and would create everything.
  signal.throwIfAborted()
  const listen = (event: SdkEvent): void => {
    look?.(event)
    const told = onEvent && findEvent(event)
    if (told) onEvent(told)
  }
  return { message, signal, color: 'never' as const, suppressProgress: true, ...defined({ onEvent: look || onEvent ? listen : undefined }) }
}

/** The outputs of the stack, if this is the event that contains them. */
function findOutputs({ resOutputsEvent }: SdkEvent): Readonly<Record<string, unknown>> | undefined {
  const resource = resOutputsEvent?.metadata
  return resource?.type === 'pulumi:pulumi:Stack' ? (resource.new?.outputs ?? {}) : undefined
}

/** Removes the protection of all resources, because the engine refuses to destroy protected resources. */
async function unprotect(stack: Stack): Promise<void> {
  const state = await stack.exportStack()
  const { resources = [] } = state.deployment as { resources?: { protect?: boolean }[] }
  if (!resources.some(({ protect }) => protect)) return
  for (const resource of resources) resource.protect = false
  await stack.importStack(state)
}
