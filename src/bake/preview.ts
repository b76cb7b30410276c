import { chooseCloudResources } from '../cloud/clouds.ts'
import type { EngineEvent } from '../engine/event.ts'
import { bakeProgram } from '../graph/build.ts'
import type { BakeOutcome, PlannedChange } from '../model/outcome.ts'
import { graphSpec } from './graph-spec.ts'
import type { Journal } from './journal.ts'
import { factsOf } from './outcome.ts'
import type { Plan } from './plan.ts'
import { reserveVersion } from './reserve.ts'

/** Runs a preview of the engine and returns what a build would create. Removes the stack that the preview needs. */
export async function previewBuild(resolved: Plan, journal: Journal, signal: AbortSignal): Promise<BakeOutcome> {
  const resources = await chooseCloudResources(resolved.cloud.name)
  const { plan, stack } = await reserveVersion(resolved)
  // A preview creates no machine, but the engine checks the inputs, so it needs a key.
  const nobody = { publicKey: 'preview', identityFile: '/preview' }
  const keys = { base: nobody, trial: nobody }
  const spec = graphSpec(plan, { keys, resources, expires: new Date().toISOString() })
  const changes: PlannedChange[] = []
  try {
    const onEvent = (event: EngineEvent): void => {
      const change = findChange(event)
      if (change) changes.push(change)
    }
    await stack.preview(bakeProgram(spec), { message: `preview ${plan.stackName}`, signal, onEvent })
  } finally {
    await stack.remove()
  }
  return { ...factsOf(plan, journal), status: 'preview', changes }
}

function findChange(event: EngineEvent): PlannedChange | undefined {
  if (event.type !== 'resource' || event.status !== 'started') return undefined
  const { urn, resourceType: type, operation } = event
  if (type === 'pulumi:pulumi:Stack' || type.startsWith('pulumi:providers:')) return undefined
  return { operation: operation as PlannedChange['operation'], type, name: urn.split('::').pop() ?? urn }
}
