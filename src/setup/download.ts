import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'

/** Whether a host sends any answer within three seconds. */
export async function isReachable(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(3000) })
    return answer.status < 400
  } catch {
    return false
  }
}

/** Downloads a file and checks its SHA-256. Throws if the download fails or the content differs. */
export async function downloadFile(url: string, sha256: string, file: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(300_000) })
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const got = createHash('sha256').update(bytes).digest('hex')
  if (got !== sha256) throw new Error(`${url}: expected sha256 ${sha256}, got ${got}`)
  writeFileSync(file, bytes, { mode: 0o755 })
}

/** Tries actions in order until one succeeds. If all fail, throws the error of the last one. */
export async function firstThatWorks(ways: readonly (() => Promise<void>)[]): Promise<void> {
  const problems: string[] = []
  for (const way of ways) {
    try {
      return await way()
    } catch (error) {
      problems.push(messageOf(error))
    }
  }
  throw new Error(problems.join('; '))
}
