import * as pulumi from '@pulumi/pulumi'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CloudResources } from '../../src/cloud/cloud.ts'
import { bakeProgram, type GraphSpec, keepProgram } from '../../src/graph/build.ts'
import type { Family } from '../../src/model/family.ts'
import { requirePassed } from '../../src/model/step.ts'
import { makeFamily } from '../helpers/family.ts'

interface Registered {
  readonly type: string
  readonly name: string
  readonly inputs: Record<string, unknown>
}

let registered: Registered[]

class Fake extends pulumi.CustomResource {
  constructor(type: string, name: string, inputs: pulumi.Inputs, options: pulumi.CustomResourceOptions) {
    super(`fake:index:${type}`, name, { ...inputs, host: undefined }, options)
  }
}

/** A cloud with three resource types that does nothing. Only the dependencies of the resources are tested. */
const fakeResources: CloudResources = {
  instance(name, spec, options) {
    const resource = new Fake('Instance', name, { image: spec.image, publicKey: spec.publicKey, stage: spec.stage }, options)
    return { resource, instanceId: resource.id, host: pulumi.output({ instanceId: name } as never) }
  },
  image: (name, spec, options) => image(name, { from: spec.instance.instanceId, tags: spec.tags }, options),
  copy: (name, spec, options) => image(name, { from: spec.source, tags: spec.tags }, options),
}

function image(name: string, inputs: pulumi.Inputs, options: pulumi.CustomResourceOptions) {
  const resource = new Fake('Image', name, inputs, options)
  return {
    resource,
    imageId: resource.id,
    imageName: resource.id,
    digest: resource.id,
    imagesByRegion: pulumi.output<Record<string, string>>({ here: name }) as pulumi.Output<Record<string, string>>,
  }
}

function spec(verify: object = {}): GraphSpec {
  const family: Family = makeFamily({ verify }, { name: 'web', folder: '/web' })
  return {
    context: { family, version: '2026.11.23', build: 'b1', buildFolder: '/build', expires: '2026-11-23T12:00:00Z' },
    resources: fakeResources,
    base: 'base-image',
    imageName: 'web-2026.11.23',
    candidateName: 'web-2026.11.23-candidate',
    keys: { base: { publicKey: 'base key', identityFile: '/base' }, trial: { publicKey: 'trial key', identityFile: '/trial' } },
    stepCommand: (step) => `run ${step}`,
  }
}

async function run(program: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const outputs = await pulumi.runtime.runInPulumiStack(program)
  return (await (pulumi.output(outputs) as unknown as { promise(): Promise<unknown> }).promise()) as Record<string, unknown>
}

describe('the graph of a build', () => {
  beforeEach(async () => {
    registered = []
    await pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs })
        return { id: `${name}-id`, state: { ...inputs, stdout: name === 'verify' ? '{"step":"verify","status":"ok"}' : '{}' } }
      },
    })
  })
  const names = (): string[] => registered.filter(({ type }) => type !== 'pulumi:pulumi:Stack').map(({ name }) => name)

  it('creates one resource after the other, and the promoted image last', async () => {
    await run(bakeProgram(spec()))
    expect(names()).toEqual(['base', 'configure', 'seal', 'candidate', 'trial', 'verify', 'image'])
  })

  it('copies the candidate that was verified', async () => {
    const outputs = await run(bakeProgram(spec()))
    expect(registered.find(({ name }) => name === 'image')?.inputs.from).toBe('candidate-id')
    expect(outputs.candidateId).toBe('candidate-id')
  })

  it.each([{ step: 'verify', status: 'failed' }, { step: 'verify' }, { step: 'configure', status: 'ok' }])(
    'copies nothing if the verdict is %j',
    (said) => {
      expect(() => requirePassed('candidate-id', JSON.stringify(said))).toThrow('did not pass')
    },
  )

  it('gives the trial its own key pair', async () => {
    await run(bakeProgram(spec()))
    expect(registered.find(({ name }) => name === 'base')?.inputs.publicKey).toBe('base key')
    expect(registered.find(({ name }) => name === 'trial')?.inputs.publicKey).toBe('trial key')
  })

  it('starts as many trials as the family has clones, all from the candidate', async () => {
    await run(bakeProgram(spec({ clones: 3 })))
    const trials = registered.filter(({ name }) => name.startsWith('trial'))
    expect(trials.map(({ name }) => name).sort()).toEqual(['trial', 'trial-2', 'trial-3'])
    expect(new Set(trials.map(({ inputs }) => inputs.image))).toEqual(new Set(['candidate-id']))
  })

  it('sets an expiry on temporary resources, but not on the promoted image', async () => {
    await run(bakeProgram(spec()))
    const tagsOf = (wanted: string): Record<string, unknown> =>
      registered.find(({ name }) => name === wanted)?.inputs.tags as Record<string, unknown>
    expect(tagsOf('candidate')).toMatchObject({ tool: 'bakehouse', stage: 'candidate', build: 'b1', expires: '2026-11-23T12:00:00Z' })
    expect(tagsOf('image')).toMatchObject({ stage: 'promoted', expires: '' })
  })

  it('keeps only the promoted image, with the same source, in the second update', async () => {
    await run(keepProgram(spec(), 'candidate-id'))
    expect(names()).toEqual(['image'])
    expect(registered.find(({ name }) => name === 'image')?.inputs.from).toBe('candidate-id')
  })
})
