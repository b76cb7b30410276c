import { ensureDebianBase } from '../../src/cloud/local/base/debian.ts'
import { prepareProcess } from '../../src/core/prepare-process.ts'

// A program: makes a Debian base image as the user who runs it, and prints where it is.
prepareProcess()
const { path, disk } = await ensureDebianBase({
  release: 'bookworm',
  progress: (line) => process.stderr.write(`${line}\n`),
  signal: AbortSignal.timeout(1_500_000),
})
process.stdout.write(JSON.stringify({ path, sha256: disk.digest.replace('sha256:', '') }))
