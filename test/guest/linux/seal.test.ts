import { expect, it } from 'vitest'
import { sealingError } from '../../../src/guest/linux/seal.ts'

const ended = (stderr: string) => sealingError({ exitCode: 1, stdout: '', stderr, timedOut: false, overflowed: false })

it.each([
  ['seal: these commands are missing: truncate xargs', 'install the packages'],
  ["truncate: cannot open '/var/log/a'\nseal: these files could not be removed or emptied: /var/log/a ", 'lsattr'],
  ['seal: these files contain the machine id, a host key or the login key of the build: /etc/copy ', 'remove the files or these lines'],
])('%s: the error contains the message of the script and a hint', (stderr, hint) => {
  const error = ended(stderr)
  expect(error.message).toBe(`sealing failed: ${/^seal: (.*)$/m.exec(stderr)?.[1]}`)
  expect(error.hint).toContain(hint)
})

it('a script that ended without a message did not finish', () => {
  expect(ended('Connection to vm closed by remote host.').message).toMatch(/^sealing did not finish: .*closed by remote host/)
})
