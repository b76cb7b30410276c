import { chooseCloud } from '../cloud/clouds.ts'
import { messageOf } from '../core/errors.ts'
import { failed, skipped } from '../guest/cases.ts'
import type { Session } from '../guest/session.ts'
import { systemOf } from '../guest/systems.ts'
import type { CaseResult } from '../model/suite-result.ts'

/**
 * Reads the disk of the candidate from outside and checks it: what a machine of the image cannot forge. No cases for clouds that do not
 * give out disks. A disk that cannot be read is a failed check.
 */
export async function checkOffline(session: Session): Promise<readonly CaseResult[]> {
  const { context, connection } = session
  const cloud = await chooseCloud(context.request.cloud)
  if (!cloud.openImageOf) return []
  const system = systemOf(context.request.family.os)
  if (!system.checkOffline) return [skipped('offline.readable', `the file systems of ${system.title} are not read`)]
  const started = performance.now()
  try {
    await using disk = await cloud.openImageOf(connection.host.instanceId, context.signal)
    return disk ? await system.checkOffline(session, disk) : [skipped('offline.readable', 'the machine or its image does not exist')]
  } catch (error) {
    context.signal.throwIfAborted()
    return [failed('offline.readable', messageOf(error))]
  } finally {
    context.log(`\n--- offline: ${Math.round(performance.now() - started)} ms\n`)
  }
}
