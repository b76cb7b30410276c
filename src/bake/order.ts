import { findRoot } from '../artifacts/root.ts'
import { chooseCloud } from '../cloud/clouds.ts'
import { defined } from '../core/defined.ts'
import { createRedactor } from '../core/redact/redact.ts'
import { readFamily } from '../family/read-family.ts'
import { requireSecrets } from '../family/require-secrets.ts'
import { secretValues } from '../family/secrets.ts'
import { openProjectEngine } from '../life/open-engine.ts'
import type { BakeRequest } from '../model/request.ts'
import type { Order } from './plan.ts'

/** Reads the family of a request. Throws UsageError with the place in the file. */
export async function readOrder(request: BakeRequest): Promise<Order> {
  const read = await readFamily(request.family, defined({ cloud: request.cloud }))
  const secrets = requireSecrets(read)
  const engine = await openProjectEngine(request.backend)
  return {
    request,
    family: read,
    cloud: await chooseCloud(read.cloud),
    engine,
    artifacts: findRoot(engine.backend),
    redactor: createRedactor(secretValues(secrets, read)),
  }
}
