import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'
import { certificateError, findCertificateProblem } from './certificates.ts'

/** Whether a host answers within this time, in ms. Throws MissingError if it does, with a certificate that is not trusted. */
export async function isReachable(url: string, patienceMs = 3000): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(patienceMs) })
    return answer.status < 400
  } catch (error) {
    throwUntrusted(url, error)
    return false
  }
}

/** Downloads a file and checks its SHA-256. Throws if the download fails or the content differs. */
export async function downloadFile(url: string, sha256: string, file: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((error: unknown) => {
    throwUntrusted(url, error)
    throw error
  })
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const got = createHash('sha256').update(bytes).digest('hex')
  if (got !== sha256) throw new Error(`${url}: expected sha256 ${sha256}, got ${got}`)
  writeFileSync(file, bytes, { mode: 0o755 })
}

/** Node puts the reason of a failed request into the cause of the error. */
function throwUntrusted(url: string, error: unknown): void {
  const { code = '' } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
  const problem = findCertificateProblem(code)
  if (problem) throw certificateError(new URL(url).host, problem, error)
}

/** Tries actions in order until one succeeds. If all fail, throws the only error, or one with all messages. */
export async function firstThatWorks(ways: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const way of ways) {
    try {
      return await way()
    } catch (error) {
      errors.push(error)
    }
  }
  throw errors.length === 1 ? errors[0] : new Error(errors.map(messageOf).join('; '))
}
