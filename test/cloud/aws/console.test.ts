import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { readConsole, saveConsole } from '../../../src/cloud/aws/console.ts'
import { answerCalls, awsError } from './answer-calls.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** EC2 with a machine that has just failed: only the latest text is there. Types that are not Nitro refuse to give it. */
function consoleOf({ nitro }: { nitro: boolean }) {
  return answerCalls({
    GetConsoleOutput: ({ Latest }: { Latest?: boolean }) => {
      if (Latest && !nitro) throw awsError('UnsupportedOperation')
      return { Output: Latest ? base64('kernel panic') : nitro ? '' : base64('start of the machine') }
    },
    GetConsoleScreenshot: () => ({ ImageData: base64('picture') }),
  })
}

test.each([
  ['the latest text of a machine that has just failed', true, 'kernel panic'],
  ['the text of the last start, of types that have no other', false, 'start of the machine'],
])('the console of an instance is %s', async (_what, nitro, expected) => {
  consoleOf({ nitro })
  const folder = mkdtempSync(join(tmpdir(), 'bh-console-'))
  try {
    await saveConsole('i-1', folder)
    expect(readFileSync(join(folder, 'i-1-console.txt'), 'utf8')).toBe(expected)
    expect(await readConsole('i-1')).toBe(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
