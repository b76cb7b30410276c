import { expect, it } from 'vitest'
import { bootstrapError } from '../../../../src/cloud/local/base/bootstrap.ts'

it.each([
  [
    "W: GPG error: http://deb.debian.org/debian bookworm InRelease: The following signatures couldn't be verified: NO_PUBKEY 0E98404D386FA1D9",
    /no keyring of Debian/,
    /apt-get install debian-archive-keyring/,
  ],
  ["E: The repository 'http://deb.debian.org/debian bookworm InRelease' is not signed.", /no keyring of Debian/, /debian-archive-keyring/],
  ["E: Failed to fetch http://deb.debian.org/debian/x  Could not resolve 'deb.debian.org'", /Could not resolve/, /mirror/],
])('explains the error of mmdebstrap %s', (stderr, message, hint) => {
  const error = bootstrapError({ stderr, exitCode: 25 })
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})
