import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { diagnosticsScript, parseDiagnostics } from '../../../src/guest/linux/diagnostics.ts'
import { makeStepFolder, type StepFolder } from '../../helpers/step-folder.ts'

let made: StepFolder
beforeEach(() => {
  made = makeStepFolder()
  made.request()
  made.script(
    'venv/bin/ansible-playbook',
    `echo '{"event":"end","task":"T","action":"a","status":"failed","ms":5,"message":"no","forgiven":false}' >>"$BAKEHOUSE_TASKS"; exit 2`,
  )
})
afterEach(() => made[Symbol.dispose]())

describe('diagnostics of a guest that lies', () => {
  test('no file outside their folder is written, whatever the guest prints as a file name', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'))
    try {
      mkdirSync(join(made.path, 'diagnostics/configure-i-'), { recursive: true })
      // The separators of the guest: what the program once used, and the one in the script that it was just sent.
      const ways = Array.from({ length: 9 }, (_, depth) => `/${'../'.repeat(depth)}${outside.slice(1)}/owned`)
      made.script(
        'bin/ssh',
        [
          'script=$(cat); echo "machine-id 1234"',
          `sent=$(printf %s "$script" | grep -o '=== bakehouse [0-9a-f]*' | head -n 1)`,
          ...ways.flatMap((way) => [`echo '=== bakehouse file ${way}'; echo taken`, `printf '\\n%s %s\\n' "$sent" '${way}'; echo taken`]),
          `printf '\\n%s 3\\nLinux\\n' "$sent"`,
        ].join('\n'),
      )
      expect((await made.step('configure')).exitCode).toBe(10)
      expect(readdirSync(outside)).toEqual([])
      expect(readdirSync(join(made.path, 'diagnostics')).filter((name) => name.endsWith('.txt'))).toEqual(['configure-i-machine.txt'])
      expect(readFileSync(join(made.path, 'diagnostics/configure-i-machine.txt'), 'utf8')).toBe('Linux\n')
    } finally {
      rmSync(outside, { recursive: true })
    }
  })

  test('a file does not grow beyond its limit', async () => {
    made.script(
      'bin/ssh',
      `script=$(cat)\nsent=$(printf %s "$script" | grep -o '=== bakehouse [0-9a-f]*' | head -n 1)\ncase "$script" in *journalctl*) printf '\\n%s 0\\n' "$sent"; yes $(seq 2000) | head -c 6000000 ;; esac`,
    )
    await made.step('configure')
    expect(statSync(join(made.path, 'diagnostics/configure-i-journal.txt')).size).toBeLessThan(4.1 * 1024 * 1024)
  })

  test('a guest that writes without end is cut off, and the step goes on', async () => {
    made.script('bin/ssh', 'script=$(cat); case "$script" in *journalctl*) yes $(seq 2000) ;; esac')
    const { exitCode, json } = await made.step('configure')
    expect({ exitCode, cause: json?.cause }).toEqual({ exitCode: 10, cause: "task 'T' failed: no" })
    expect(existsSync(join(made.path, 'diagnostics'))).toBe(false)
  })

  test.each(['4', '-1', '0.5', '1e9', 'constructor', '', 'journal.txt', '0/../../x'])('the number %j names no file', (number) => {
    expect([...parseDiagnostics(`\n=== x ${number}\ntaken\n`, '=== x ').keys()]).toEqual([])
  })

  test('a separator that the guest repeats does not replace what was said first', () => {
    const files = parseDiagnostics('\n=== x 0\nreal\n=== x 0\nforged\n=== x 3\nLinux\n', '=== x ')
    expect([...files]).toEqual([
      ['journal.txt', 'real'],
      ['machine.txt', 'Linux\n'],
    ])
  })

  test('the script marks each file by its number, never by a name', () => {
    expect(diagnosticsScript('=== x ')).toMatch(/'=== x ' 0\n.*'=== x ' 1\n.*'=== x ' 2\n.*'=== x ' 3\n/s)
  })
})
