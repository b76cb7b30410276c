import { messageOf } from '../core/errors.ts'
import { type BuildRemains, removeBuild, removeKeys } from '../life/remove-build.ts'
import type { Ending, Kept, Trouble } from '../model/ending.ts'
import { cleanWords } from '../model/free-text.ts'
import type { Host } from '../model/host.ts'
import type { Phase } from '../model/phases.ts'
import { weakSuites } from '../model/suite-result.ts'
import { renderLogin } from '../report/login-line.ts'
import type { StepResults } from '../steps/results.ts'
import { completeDiagnostics, saveConsoles } from './diagnostics.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import type { Reserved } from './reserve.ts'

/** The phases of steps. If a step rejects the image, the engine ends by itself, and no copy has begun. */
const stepPhases: ReadonlySet<Phase> = new Set(['configure', 'seal', 'verify'])

/** A build that stopped with an error. */
export interface Unsettled {
  readonly trouble: Trouble
  readonly steps: StepResults
  readonly hosts: readonly Host[]
  readonly journal: Journal
  /** Until when machines may be kept, ISO 8601. */
  readonly expires: string
}

/** Ends a build that promoted nothing: saves diagnostics, removes temporary resources, returns what could not be removed. Never throws. */
export async function settle(reserved: Reserved, { trouble, steps, hosts, journal, expires }: Unsettled): Promise<Ending> {
  const { plan } = reserved
  const phase = journal.failOpen() ?? journal.phases.findLast(({ status }) => status === 'failed')?.phase
  const note = (text: string): void =>
    journal.tell({ type: 'note', phase: 'clean', text: plan.redactor.text(text), at: new Date().toISOString() })
  const running = plan.request.keep === 'never' || trouble.kind === 'cancelled' ? [] : await findRunning(plan, hosts).catch(() => hosts)
  await saveConsoles(resourcesOf(reserved), note)
    .then(() => completeDiagnostics(plan, { phase, trouble }))
    .catch((error: unknown) => note(`no diagnostics: ${messageOf(error)}`))
  const isInState = trouble.kind === 'rejected' && phase !== undefined && stepPhases.has(phase)
  const left = running.length > 0 ? [] : await clean(reserved, { isInState, journal, note })
  const kept = running.length > 0 ? { kept: keptOf(running, expires) } : {}
  const { verify, configure } = steps
  const results = { suites: verify?.suites ?? [], weakSuites: weakSuites(configure?.suites ?? []) }
  return { ...cleanWords(trouble, plan.redactor.text), phase, left, ...results, ...kept }
}

/** How to log in to kept machines. `until`: ISO 8601. */
export function keptOf(hosts: readonly Host[], until: string): Kept {
  return { until, logins: hosts.map((host) => renderLogin(host, until)) }
}

/** The machines that still run. A sealed base machine does not. */
export async function findRunning({ cloud, build }: Plan, hosts: readonly Host[]): Promise<Host[]> {
  const created = await cloud.list({ tool: 'bakehouse', build })
  const running = new Set(created.filter(({ kind, state }) => kind === 'instance' && state === 'running').map(({ id }) => id))
  return hosts.filter(({ instanceId }) => running.has(instanceId))
}

interface Cleaning {
  readonly isInState: boolean
  readonly journal: Journal
  readonly note: (text: string) => void
}

/** Removes everything that the build created. Returns what could not be removed. */
async function clean(reserved: Reserved, { isInState, journal, note }: Cleaning): Promise<readonly string[]> {
  const { plan } = reserved
  try {
    const left = await journal.during('clean', () => removeBuild({ ...resourcesOf(reserved), isInState }, note))
    await removeKeys(plan.folder)
    return left
  } catch (error) {
    note(`cleanup failed: ${messageOf(error)}`)
    return [`all resources with the tag build=${plan.build} on the cloud ${plan.cloud.name}`, `stack ${plan.stackName}`]
  }
}

function resourcesOf({ plan: { cloud, family, build, folder }, stack }: Reserved): BuildRemains {
  return { cloud, family: family.name, build, folder, stack }
}
