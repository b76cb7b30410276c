import { expect, test } from 'vitest'
import { quoteMessage, quoteName } from '../../src/core/quote-message.ts'

test.each([
  ['\nexpected: 1\n     got: 0\n\n(compared using ==)\n', 'expected: 1, got: 0'],
  ['\nexpected: "no"\n     got: "yes"\n\n(compared using `cmp` matcher)\n', 'expected: "no", got: "yes"'],
  ['assert False\n +  where False = <service nginx>.is_running', 'assert False, where False = <service nginx>.is_running'],
  [
    "Expected strings to be the same, but they were different.\r\nExpected length: 1\r\nActual length:   2\r\nExpected: 'a'\r\nBut was:  'bb'\r\nat $x | Should -Be 'a', C:\\a.Tests.ps1:3",
    "Expected strings to be the same, but they were different, Expected length: 1, Actual length: 2, Expected: 'a', But was: 'bb'",
  ],
  ['expected [] to include "a"\nDiff:\n@@ -1 +1 @@\n-expected', 'expected [] to include "a"'],
  ['The suite has errors:\nno module named x\nmore', 'The suite has errors: no module named x'],
  [
    'Traceback (most recent call last):\n  File "x.py", line 1\nModuleNotFoundError: No module named x\n',
    'ModuleNotFoundError: No module named x',
  ],
  ['one\rtwo\rthree', 'one'],
  ['\u001b[31mred\u001b[0m\u0007', 'red'],
  ['', ''],
])('the message %j is quoted as %j', (message, quoted) => {
  expect(quoteMessage(message)).toBe(quoted)
})

test('a quoted message has a limit', () => {
  expect(quoteMessage('x'.repeat(5_000)).length).toBe(300)
})

test('a quoted name is one short line', () => {
  expect(quoteName('checks\r\n that\tall\u0007 is well')).toBe('checks that all is well')
  expect(quoteName('n'.repeat(2_752)).length).toBe(160)
})
