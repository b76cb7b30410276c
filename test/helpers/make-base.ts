import { ensureDebianBase } from '../../src/cloud/local/base/debian.ts'
import { prepareProcess } from '../../src/core/prepare-process.ts'

// A program that makes a base image of Debian 13 as the current user, and prints its path.
prepareProcess()
const { path, disk } = await ensureDebianBase({
  release: 'trixie',
  variant: 'lean',
  progress: (line) => process.stderr.write(`${line}\n`),
  signal: AbortSignal.timeout(1_500_000),
})
process.stdout.write(JSON.stringify({ path, sha256: disk.digest.replace('sha256:', '') }))
