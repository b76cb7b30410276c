import { setTimeout as sleep } from 'node:timers/promises'
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm'
import { messageOf, RejectedError } from '../../core/errors.ts'
import { publishDelayMs } from '../cloud.ts'
import { clients, retryUntilFound } from './clients.ts'

/** The region of a parameter, and how long to wait for it. */
interface ParameterWait {
  readonly region: string
  /** How long it may take until the parameter has the value, in ms. */
  readonly deadlineMs?: number
  /** Time between two polls, in ms. */
  readonly pauseMs?: number
}

/**
 * Waits until the parameter has the new value. AWS first reports success and validates the image later; if that fails, it keeps the old
 * value without an error. Throws RejectedError at the deadline.
 */
export async function waitForParameter(name: string, imageId: string, wait: ParameterWait): Promise<void> {
  const { region, deadlineMs = publishDelayMs, pauseMs = 1_000 } = wait
  for (const end = Date.now() + deadlineMs; ; await sleep(pauseMs)) {
    if ((await readValue(name, region)) === imageId) return
    if (Date.now() < end) continue
    throw new RejectedError(`parameter ${name} in ${region} does not have the value ${imageId}: AWS did not accept the image`, {
      hint: 'check that the image is available in that region and that the policy allows ec2:DescribeImages there, and build again',
    })
  }
}

/**
 * Keeps a parameter at a value, for `holdMs`. An earlier update whose image AWS validates late can still change it, although the provider
 * has seen this value; then the value is written again. AWS refuses that while it validates another value: then it is tried again.
 */
export async function holdParameter(
  name: string,
  imageId: string,
  wait: ParameterWait & { readonly holdMs?: number | undefined },
): Promise<void> {
  const { region, holdMs = 0, pauseMs = 5_000 } = wait
  for (const end = Date.now() + holdMs; Date.now() < end; await sleep(pauseMs)) {
    if ((await readValue(name, region)) !== imageId) await write(name, imageId, region).catch(allowValidation)
  }
  await waitForParameter(name, imageId, wait)
}

async function readValue(Name: string, region: string): Promise<string | undefined> {
  const { Parameter } = await retryUntilFound(`to read ${Name}`, () => clients.ssm(region).send(new GetParameterCommand({ Name })))
  return Parameter?.Value
}

/** The documentation names no error code. */
function allowValidation(error: unknown): void {
  if (!/validation is still in process/i.test(messageOf(error))) throw error
}

async function write(Name: string, Value: string, region: string): Promise<void> {
  const query = new PutParameterCommand({ Name, Value, Type: 'String', DataType: 'aws:ec2:image', Overwrite: true })
  await retryUntilFound(`to set ${Name}`, () => clients.ssm(region).send(query))
}
