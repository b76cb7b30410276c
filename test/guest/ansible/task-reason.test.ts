import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FailedResult, reasonOfTask } from '../../../src/guest/ansible/task-reason.ts'

interface Row {
  readonly task: string
  readonly reason: string
  readonly result: FailedResult
}

// Results that ansible-core 2.19 gave on Debian 12 for tasks that were made to fail, one for each kind.
const rows = readFileSync(join(import.meta.dirname, '../../fixtures/ansible-results.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row)

describe('the reason of a failed task', () => {
  it.each(rows)('is the line that a person would quote: $task', ({ reason, result }) => {
    expect(reasonOfTask(result)).toBe(reason)
  })

  it.each<[string, FailedResult, string]>([
    ['a censored result', { censored: true }, 'hidden by no_log'],
    ['a failed item of a loop', { item: { msg: 'no space left' } }, 'no space left'],
    ['an empty result', {}, 'it printed nothing'],
    // As in ansible/ansible#18846.
    [
      'an old version',
      { msg: 'MODULE FAILURE', module_stderr: '/bin/sh: /foo/bar: No such file or directory\n', rc: 127 },
      '/bin/sh: /foo/bar: No such file or directory',
    ],
    // As in ansible/ansible#45219 (shortened).
    [
      'a summary in standard error',
      {
        msg: "'/usr/bin/apt-get -y -o \"Dpkg::Options::=--force-confdef\"     install 'iotop'' failed: E: Sub-process /usr/bin/dpkg returned an error code (2)\n",
        rc: 100,
        stderr: 'E: Sub-process /usr/bin/dpkg returned an error code (2)\n',
        stdout: 'Reading package lists...\ndpkg: error: 2 expected programs not found in PATH or not executable\n',
      },
      'dpkg: error: 2 expected programs not found in PATH or not executable',
    ],
    [
      'Windows PowerShell',
      {
        msg: 'non-zero return code',
        rc: 1,
        stderr:
          "Get-Item : Cannot find path 'C:\\nothing' because it does not exist.\r\nAt line:1 char:65\r\n+ Get-Item C:\\nothing\r\n+ ~~~~~~~~~~~~~~~~~~~\r\n    + CategoryInfo          : ObjectNotFound: (C:\\nothing:String) [Get-Item], ItemNotFoundException\r\n    + FullyQualifiedErrorId : PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand\r\n",
      },
      "exit code 1: Get-Item : Cannot find path 'C:\\nothing' because it does not exist.",
    ],
  ])('is found: %s', (_what, result, reason) => {
    expect(reasonOfTask(result)).toBe(reason)
  })
})
