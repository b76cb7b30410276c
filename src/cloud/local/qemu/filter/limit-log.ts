import { open, stat } from 'node:fs/promises'
import { readTail } from '../../../../core/read-tail.ts'

/** Time between two looks at the logs, in ms. */
const every = 1_000

/** Limits the size of files to which a guest can write without end. The writers must append (O_APPEND). */
export function limitLogs(files: readonly string[], most: number): void {
  let isBusy = false
  setInterval(async () => {
    if (isBusy) return
    isBusy = true
    for (const file of files) await limitLog(file, most).catch(() => {})
    isBusy = false
  }, every).unref()
}

/**
 * If a file is longer than `most` bytes, keeps its last half of that, behind a note. It writes from the start of the file and then shortens
 * it, so that no other output comes before the note. What is written at the same moment may be lost.
 */
async function limitLog(file: string, most: number): Promise<void> {
  const { size } = await stat(file)
  if (size <= most) return
  const end = await readTail(file, Math.floor(most / 2))
  const text = Buffer.concat([Buffer.from('[the beginning of this log was removed, because it was too long]\n'), end])
  await using log = await open(file, 'r+')
  await log.write(text, 0, text.length, 0)
  await log.truncate(text.length)
}
