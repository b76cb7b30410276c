import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from '../../src/core/exec.ts'
import { projectFolder, sourceFolder } from '../../src/core/paths.ts'
import { orSkipped, pwsh } from '../helpers/powershell.ts'

const root = join(sourceFolder(), '..')

// A user can start the same with `npm run aws:emulated`. No file in the emulated machines answers: every script of the build runs in PowerShell.
it.skipIf(!pwsh).each(['ssh', 'psrp'])(`windows-base is promoted on the emulated EC2 over %s${orSkipped}`, async (transport) => {
  const args = [join(root, 'test/aws/emulated.ts'), process.execPath, join(root, 'src/bake.ts'), '--family', 'windows-base', '--json']
  const { stdout, stderr, exitCode } = await run(process.execPath, args, {
    cwd: projectFolder(),
    env: { BAKEHOUSE_EMULATED_TRANSPORT: transport },
  })
  expect(exitCode, stderr).toBe(0)
  const { status, verified } = JSON.parse(stdout)
  expect(status).toBe('promoted')
  expect(verified).toMatchObject([
    { suite: 'hygiene', failed: 0 },
    { suite: 'pester', passed: 24, failed: 0 },
  ])
})
