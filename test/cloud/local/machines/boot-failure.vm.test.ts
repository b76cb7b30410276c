import { afterAll, expect, it } from 'vitest'
import { findAccelerator } from '../../../../src/cloud/local/qemu/accelerator.ts'
import { makeProject } from '../../../helpers/project.ts'
import { tinyFamily } from '../../../helpers/tiny-family.ts'

const project = makeProject({})
afterAll(() => project[Symbol.asyncDispose](), 300_000)

/** A task that replaces the first process of the system. */
function replaceInit(script: string): string {
  return `
    - name: Replace the first process
      ansible.builtin.shell: |
        rm /sbin/init
        cat > /sbin/init << 'END'
        #!/bin/sh
        ${script}
        END
        chmod 755 /sbin/init
`
}

// What the C library of RHEL 10 does on an older CPU.
const newerCpu = 'grep -qw avx2 /proc/cpuinfo || { echo "Fatal glibc error: CPU does not support x86-64-v3" > /dev/console; exit 127; }'

it('an image for a newer CPU is tested with all CPU features; an image whose kernel panics fails without waiting for the time-out', async () => {
  project.write(tinyFamily('newer', { tasks: replaceInit(`${newerCpu}\n        exec /lib/systemd/systemd "$@"`) }))
  const patient = 'base: {debian: bookworm, variant: lean}\nlogin: {timeout: 30m}\nverify: {suites: [{goss: verify/goss.yaml}]}\n'
  project.write(tinyFamily('panics', { family: patient, tasks: replaceInit('exit 3') }))
  const newer = await project.bake('newer')
  expect([newer.exitCode, newer.outcome.status], newer.stderr).toEqual([0, 'promoted'])
  const isEmulated = (await findAccelerator()) === 'tcg'
  expect(newer.stderr.includes('booted again with all CPU features that QEMU emulates: the system needs a CPU of x86-64-v3')).toBe(
    isEmulated,
  )

  const panics = await project.bake('panics')
  expect([panics.exitCode, panics.outcome.status, panics.outcome.error?.phase], panics.stderr).toEqual([10, 'failed', 'trial'])
  expect(panics.outcome.error?.message).toContain('the kernel of the machine stopped: Attempted to kill init!')
})
