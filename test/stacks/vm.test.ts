import * as pulumi from '@pulumi/pulumi'
import { describe, expect, it } from 'vitest'
import { vmProgram } from '../../stacks/vm/program.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'

const spec = {
  family: 'linux-base',
  memory: 512,
  user: 'root',
  publicKey: 'ssh-ed25519 AAAA me',
  identityFile: '/keys/id',
  knownHostsFile: '/keys/known_hosts',
}

/** Runs the program with a family stack that has these outputs. Returns its resources and outputs. */
async function runProgram(outputs: Record<string, unknown>) {
  const made: Record<string, Record<string, unknown>> = {}
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        made[type] = inputs
        if (type === 'pulumi:pulumi:StackReference') return { id: name, state: { name: inputs.name, outputs } }
        return { id: 'vm-1', state: { ...inputs, instanceId: 'vm-1', host: { ...spec, address: '127.0.0.1', port: 2222 } } }
      },
      call: () => ({}),
    },
    'bakehouse',
    'vm-linux-base',
    false,
    'organization',
  )
  const result = await vmProgram(spec)()
  const settled = Object.entries(result).map(
    ([name, value]) => new Promise((done) => void (value as pulumi.Output<unknown>).apply((plain) => done([name, plain]))),
  )
  return { made, outputs: Object.fromEntries((await Promise.all(settled)) as [string, unknown][]) }
}

describe('stacks/vm', () => {
  it('starts the image of the family stack, and outputs the login command', async () => {
    const { made, outputs } = await runProgram({ ...sampleLatestGood() })
    expect(made['pulumi:pulumi:StackReference']).toMatchObject({ name: 'organization/bakehouse/linux-base' })
    expect(made['qemu:index:Instance']).toMatchObject({ image: 'linux-base-2026.11.23', memory: 512, publicKey: spec.publicKey })
    expect(outputs).toMatchObject({ imageId: 'linux-base-2026.11.23', version: '2026.11.23', port: 2222 })
    expect(outputs.login).toBe('ssh -i /keys/id -o UserKnownHostsFile=/keys/known_hosts -p 2222 root@127.0.0.1')
  })

  it('tags the machine as promoted and without expiry, so that reap does not delete it', async () => {
    const { made } = await runProgram({ ...sampleLatestGood() })
    expect(made['qemu:index:Instance']?.tags).toMatchObject({ stage: 'promoted', expires: '', family: 'linux-base', version: '2026.11.23' })
  })
})
