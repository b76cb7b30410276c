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
    `echo '{"event":"end","task":"T","action":"a","status":"failed","ms":5,"reason":{"msg":"no"},"forgiven":false}' >>"$BAKEHOUSE_TASKS"; exit 2`,
  )
})
afterEach(() => made[Symbol.dispose]())

describe('diagnostics of a malicious guest', () => {
  test('write no file outside of their folder, even if the guest prints other file names', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'))
    try {
      mkdirSync(join(made.path, 'diagnostics/configure-i-'), { recursive: true })
      // The separators that the guest prints: one of an earlier version, and the one in the script.
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

  test('limit the size of each file', async () => {
    made.script(
      'bin/ssh',
      `script=$(cat)\nsent=$(printf %s "$script" | grep -o '=== bakehouse [0-9a-f]*' | head -n 1)\ncase "$script" in *journalctl*) printf '\\n%s 0\\n' "$sent"; yes $(seq 2000) | head -c 6000000 ;; esac`,
    )
    await made.step('configure')
    expect(statSync(join(made.path, 'diagnostics/configure-i-journal.txt')).size).toBeLessThan(4.1 * 1024 * 1024)
  })

  test('stop a guest that writes without end, and the step continues', async () => {
    made.script('bin/ssh', 'script=$(cat); case "$script" in *journalctl*) yes $(seq 2000) ;; esac')
    const { exitCode, json } = await made.step('configure')
    expect({ exitCode, cause: json?.cause }).toEqual({ exitCode: 10, cause: "task 'T' failed: no" })
    expect(existsSync(join(made.path, 'diagnostics'))).toBe(false)
  })

  test.each(['4', '-1', '0.5', '1e9', 'constructor', '', 'journal.txt', '0/../../x'])('ignore the file number %j', (number) => {
    expect([...parseDiagnostics(`\n=== x ${number}\ntaken\n`, '=== x ').keys()]).toEqual([])
  })

  test('keep the first text if the guest repeats a separator', () => {
    const files = parseDiagnostics('\n=== x 0\nreal\n=== x 0\nforged\n=== x 3\nLinux\n', '=== x ')
    expect([...files]).toEqual([
      ['journal.txt', 'real'],
      ['machine.txt', 'Linux\n'],
    ])
  })

  test('mark each file in the script by its number, never by its name', () => {
    expect(diagnosticsScript('=== x ')).toMatch(/'=== x ' 0\n.*'=== x ' 1\n.*'=== x ' 2\n.*'=== x ' 3\n/s)
  })
})
