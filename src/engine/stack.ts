import { rmSync } from 'node:fs'
import type { PulumiFn, EngineEvent as SdkEvent, Stack } from '@pulumi/pulumi/automation/index.js'
import { type EngineEvent, findEvent } from './event.ts'
import { isLockedByTheDead } from './failed-run.ts'
import { parseState, type StackState } from './state.ts'

/** The tag of a stack that contains its label. */
const labelTag = 'bakehouse:label'

/** One stack, opened for this process alone. */
export interface OpenStack {
  readonly name: string
  /** Runs the program. Returns the outputs that the engine put into the state; a secret among them is masked. */
  up(program: PulumiFn, options: UpdateOptions): Promise<Readonly<Record<string, unknown>>>
  preview(program: PulumiFn, options: UpdateOptions): Promise<void>
  /** Removes all its resources, protected ones too. */
  destroy(options: UpdateOptions): Promise<void>
  /** What the state contains: outputs, resources, and operations that were interrupted. */
  read(): Promise<StackState>
  /** Puts a short text on the stack itself, outside of its state. */
  setLabel(text: string): Promise<void>
  findLabel(): Promise<string | undefined>
  /** Removes the stack itself, which must be empty, and its history. */
  remove(): Promise<void>
  /** Removes the work folder of a stack that stays. */
  [Symbol.dispose](): void
}

export interface UpdateOptions {
  readonly message: string
  readonly signal: AbortSignal
  readonly onEvent?: (event: EngineEvent) => void
}

/** A stack of the Automation API as an open stack. */
export function openedStack(stack: Stack): OpenStack {
  return {
    name: stack.name,
    async up(program, update) {
      let outputs: Readonly<Record<string, unknown>> = {}
      const options = sdkOptions(update, (event) => (outputs = findOutputs(event) ?? outputs))
      await withoutDeadLock(stack, () => stack.up({ ...options, program }))
      return outputs
    },
    async preview(program, update) {
      await stack.preview({ ...sdkOptions(update), program })
    },
    async destroy(update) {
      const options = sdkOptions(update)
      await withoutDeadLock(stack, () => unprotect(stack))
      await withoutDeadLock(stack, () => stack.destroy(options))
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

/** Runs an operation. A lock that a killed engine left on the stack is removed, and the operation repeated. */
async function withoutDeadLock(stack: Stack, operation: () => Promise<unknown>): Promise<void> {
  try {
    await operation()
  } catch (error) {
    if (!isLockedByTheDead(error)) throw error
    await stack.cancel()
    await operation()
  }
}

function sdkOptions({ message, signal, onEvent }: UpdateOptions, look?: (event: SdkEvent) => void) {
  // The SDK ignores a signal that is aborted already, and would create everything.
  signal.throwIfAborted()
  const listen = (event: SdkEvent): void => {
    look?.(event)
    const told = onEvent && findEvent(event)
    if (told) onEvent(told)
  }
  return { message, signal, color: 'never' as const, suppressProgress: true, ...(look || onEvent ? { onEvent: listen } : {}) }
}

/** The outputs of the stack, in the event that tells of them. */
function findOutputs({ resOutputsEvent }: SdkEvent): Readonly<Record<string, unknown>> | undefined {
  const resource = resOutputsEvent?.metadata
  return resource?.type === 'pulumi:pulumi:Stack' ? (resource.new?.outputs ?? {}) : undefined
}

/** The engine refuses to destroy a stack that contains something protected. */
async function unprotect(stack: Stack): Promise<void> {
  const state = await stack.exportStack()
  const { resources = [] } = state.deployment as { resources?: { protect?: boolean }[] }
  if (!resources.some(({ protect }) => protect)) return
  for (const resource of resources) resource.protect = false
  await stack.importStack(state)
}
