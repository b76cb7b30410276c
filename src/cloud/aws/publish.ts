import { setTimeout as sleep } from 'node:timers/promises'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { RejectedError } from '../../core/errors.ts'
import { clients, retryUntilFound } from './clients.ts'

/**
 * Waits until the parameter has the new value. AWS first reports success and validates the image later; if that fails, it keeps the old
 * value without an error. Throws RejectedError at the deadline.
 */
export async function waitForParameter(
  name: string,
  imageId: string,
  options: { readonly region: string; readonly deadlineMs?: number },
): Promise<void> {
  const deadlineMs = options.deadlineMs ?? 60_000
  for (const end = Date.now() + deadlineMs; ; await sleep(1_000)) {
    const query = new GetParameterCommand({ Name: name })
    const { Parameter } = await retryUntilFound(`to read ${name}`, () => clients.ssm(options.region).send(query))
    if (Parameter?.Value === imageId) return
    if (Date.now() < end) continue
    throw new RejectedError(`parameter ${name} in ${options.region} does not have the value ${imageId}: AWS did not accept the image`, {
      hint: 'check that the image is available in that region, and build again',
    })
  }
}
