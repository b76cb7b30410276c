import { rmSync } from 'node:fs'
import {
  type Deployment,
  type LocalWorkspace,
  type PulumiFn,
  type EngineEvent as SdkEvent,
  type Stack,
  StackNotFoundError,
} from '@pulumi/pulumi/automation/index.js'
import { defined } from '../core/defined.ts'
import { messageOf } from '../core/errors.ts'
import { destroyAndRemove, exportState, projectName } from './automation.ts'
import { type EngineEvent, findEvent } from './event.ts'
import { explained } from './explain-failure.ts'
import { whileUnlocked } from './lock.ts'
import { parseState, type StackState, withAttachment } from './state.ts'

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
  /** Removes all its resources and then the stack with its history, in one run of the engine. If that fails, the stack stays. */
  destroyAndRemove(options: UpdateOptions): Promise<void>
  /** Reads the state: outputs, resources, and interrupted operations. */
  read(): Promise<StackState>
  /** Replaces the attachment of the stack. Its outputs and its resources stay as they are. `state`: what the stack contains now. */
  attach(text: string, state: StackState): Promise<void>
  /** Stores a short text with the stack, outside of its state. */
  setLabel(text: string): Promise<void>
  /** The label; undefined if the stack has none, or does not exist. */
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
  /** Called once if another process has locked the stack, with a sentence for the user. */
  readonly onWait?: (text: string) => void
}

/** Wraps a stack of the Automation API. */
export function openedStack(stack: Stack, backend: string): OpenStack {
  return {
    name: stack.name,
    async up(program, update) {
      let outputs: Readonly<Record<string, unknown>> = {}
      const options = sdkOptions(update, (event) => (outputs = findOutputs(event) ?? outputs))
      await whileUnlocked(stack, update, () => stack.up({ ...options, program }))
      return outputs
    },
    async preview(program, update) {
      await stack.preview({ ...sdkOptions(update), program })
    },
    async destroy(update) {
      const options = sdkOptions(update)
      await whileUnlocked(stack, update, () => destroyUnprotected(stack, () => stack.destroy(options)))
    },
    async destroyAndRemove(update) {
      const options = sdkOptions(update)
      await whileUnlocked(stack, update, () => destroyUnprotected(stack, () => destroyAndRemove(stack, options)))
      rmSync(stack.workspace.workDir, { recursive: true, force: true })
    },
    async read() {
      return parseState((await explained(backend, () => readState(stack))).deployment)
    },
    async attach(text, { exported }) {
      const deployment = withAttachment(exported, { stack: stack.name, project: projectName }, text)
      await explained(backend, () => stack.workspace.importStack(stack.name, { version: 3, deployment }))
    },
    async setLabel(text) {
      await explained(backend, () => stack.workspace.setTag(stack.name, labelTag, text))
    },
    async findLabel() {
      const tags = stack.workspace.listTags(stack.name).catch((error: unknown) => {
        if (error instanceof StackNotFoundError) return undefined
        throw error
      })
      return (await explained(backend, () => tags))?.[labelTag]
    },
    async remove() {
      await explained(backend, () => stack.workspace.removeStack(stack.name))
      rmSync(stack.workspace.workDir, { recursive: true, force: true })
    },
    [Symbol.dispose]() {
      rmSync(stack.workspace.workDir, { recursive: true, force: true })
    },
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

function readState({ name, workspace }: Stack): Promise<Deployment> {
  return exportState(name, workspace as LocalWorkspace)
}

/** Destroys the resources. If the engine refuses because some are protected, removes their protection and destroys them. */
async function destroyUnprotected(stack: Stack, destroy: () => Promise<unknown>): Promise<void> {
  try {
    await destroy()
  } catch (error) {
    if (!/protected/i.test(messageOf(error))) throw error
    await unprotect(stack)
    await destroy()
  }
}

/** Removes the protection of all resources, because the engine refuses to destroy protected resources. */
async function unprotect(stack: Stack): Promise<void> {
  const state = await readState(stack)
  const { resources = [] } = state.deployment as { resources?: { protect?: boolean }[] }
  if (!resources.some(({ protect }) => protect)) return
  for (const resource of resources) resource.protect = false
  await stack.importStack(state)
}
