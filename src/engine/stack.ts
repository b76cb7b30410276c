import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type EngineEvent,
  LocalWorkspace,
  type PulumiFn,
  Stack,
  StackAlreadyExistsError,
  StackNotFoundError,
} from '@pulumi/pulumi/automation/index.js'
import { messageOf } from '../core/errors.ts'
import { parseState, type StackState } from './state.ts'
import { engine, workspace } from './workspace.ts'

/** Where a stack has its label. */
const labelTag = 'bakehouse:label'

/** One stack, opened for this process alone. */
export interface OpenStack {
  readonly name: string
  /**
   * Runs the program; resolves when the engine says that all of it succeeded, with the outputs that it put into the state. A secret
   * among them is masked.
   */
  up(program: PulumiFn, options: UpdateOptions): Promise<Readonly<Record<string, unknown>>>
  preview(program: PulumiFn, options: UpdateOptions): Promise<void>
  /** Removes all it holds; what is protected against a destroy by hand is not spared. */
  destroy(options: UpdateOptions): Promise<void>
  /** What the state holds: outputs, resources and operations that were cut off. */
  read(): Promise<StackState>
  /** A short text on the stack itself, beside its state: read by whoever finds the stack. */
  setLabel(text: string): Promise<void>
  findLabel(): Promise<string | undefined>
  /** Removes the stack itself, which must be empty; its history goes with it. */
  remove(): Promise<void>
  /** Ends the use of a stack that stays: its work folder would be one more for every build. */
  [Symbol.dispose](): void
}

/** A stack as the backend lists it. */
export interface ListedStack {
  readonly name: string
  /** Resources of every kind in its state; undefined where the backend does not tell. */
  readonly resourceCount: number | undefined
}

export interface UpdateOptions {
  readonly message: string
  readonly signal: AbortSignal
  /** Engine events, debug ones left out: those carry secrets. */
  readonly onEvent?: (event: EngineEvent) => void
}

/** What the SDK's type of the engine's command line leaves out. */
interface Runner {
  run(args: string[], folder: string, environment: Readonly<Record<string, string>>): Promise<unknown>
}

/** Opens the stack, made first where it is not there. `backend` is a state backend's URL. */
export async function openStack(name: string, backend?: string): Promise<OpenStack> {
  return (await findStack(name, backend)) ?? (await createStack(name, backend)) ?? knownStack(name, backend)
}

/** Makes a stack; undefined where there is one of that name, or one is being made at this moment: of two who try one has it. */
export async function createStack(name: string, backend?: string): Promise<OpenStack | undefined> {
  const place = await LocalWorkspace.create(await workspace(name, backend))
  try {
    // Not selected: the engine would remember that in one more file for every build.
    const args = ['stack', 'init', name, '--no-select', '--secrets-provider', place.secretsProvider ?? '']
    await ((await engine()) as unknown as Runner).run(args, place.workDir, place.envVars)
  } catch (error) {
    if (error instanceof StackAlreadyExistsError || /currently locked/.test(messageOf(error))) return undefined
    throw error
  }
  return attach(name, place)
}

/** Opens the stack; undefined when there is none of that name. */
export async function findStack(name: string, backend?: string): Promise<OpenStack | undefined> {
  return (await findState(name, backend)) && knownStack(name, backend)
}

/** What a stack holds; undefined when there is none of that name. One run of the engine. */
export async function findState(name: string, backend?: string): Promise<StackState | undefined> {
  const place = await LocalWorkspace.create(await workspace(name, backend))
  try {
    return parseState((await place.exportStack(name)).deployment)
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined
    throw error
  }
}

/** Opens a stack that is there: nothing is asked of the engine. */
export async function knownStack(name: string, backend?: string): Promise<OpenStack> {
  return attach(name, await LocalWorkspace.create(await workspace(name, backend)))
}

/** All stacks of the backend that belong to the project. The backend opens each of them: no bake waits for that. */
export async function listStacks(backend?: string): Promise<readonly ListedStack[]> {
  const place = await LocalWorkspace.create(await workspace('.list', backend))
  const stacks = await place.listStacks().catch(async (error: unknown) => {
    // A file that a bake is writing at this moment cannot be read: once more.
    if (!/EOF|no such file|unexpected end of JSON/i.test(messageOf(error))) throw error
    await sleep(500)
    return place.listStacks()
  })
  return stacks.map(({ name, resourceCount }) => ({ name: name.split('/').pop() ?? name, resourceCount }))
}

/** Every run of the engine names its stack, so that none has to be selected, which would be a run by itself. */
async function attach(name: string, place: LocalWorkspace): Promise<OpenStack> {
  Object.assign(place, { selectStack: async () => {} })
  place.program = async () => {}
  return wrap(await Stack.select(name, place))
}

function wrap(stack: Stack): OpenStack {
  // After an update the SDK asks the engine for outputs and history, three more runs of it, and fails if these do. What an update put
  // into the state is among its events.
  Object.assign(stack, { outputs: async () => ({}), info: async () => undefined })
  const options = ({ message, signal, onEvent }: UpdateOptions) => {
    // A signal that is already aborted would be ignored and everything created.
    signal.throwIfAborted()
    return { message, signal, color: 'never' as const, suppressProgress: true, ...(onEvent ? { onEvent: withoutDebug(onEvent) } : {}) }
  }
  return {
    name: stack.name,
    async up(program, update) {
      let outputs: Readonly<Record<string, unknown>> = {}
      const onEvent = (event: EngineEvent): void => {
        const resource = event.resOutputsEvent?.metadata
        if (resource?.type === 'pulumi:pulumi:Stack') outputs = resource.new?.outputs ?? {}
        update.onEvent?.(event)
      }
      await stack.up({ ...options({ ...update, onEvent }), program })
      return outputs
    },
    async preview(program, update) {
      await stack.preview({ ...options(update), program })
    },
    async destroy(update) {
      const given = options(update)
      await unprotect(stack)
      await stack.destroy(given)
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

/** The engine refuses to destroy a stack that holds something protected. */
async function unprotect(stack: Stack): Promise<void> {
  const state = await stack.exportStack()
  const { resources = [] } = state.deployment as { resources?: { protect?: boolean }[] }
  if (!resources.some(({ protect }) => protect)) return
  for (const resource of resources) resource.protect = false
  await stack.importStack(state)
}

function withoutDebug(onEvent: (event: EngineEvent) => void) {
  return (event: EngineEvent): void => {
    const severity: string | undefined = event.diagnosticEvent?.severity
    if (severity !== 'debug') onEvent(event)
  }
}
