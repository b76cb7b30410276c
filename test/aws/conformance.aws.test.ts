import { EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bakePolicy, providerActions } from '../../src/cloud/aws/policy.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { findProviderProgram } from './bridge/find-program.ts'
import { cases } from './conformance-cases.ts'
import { CreatedPartly, type PluginClient, type Resource, startPlugin } from './plugin-client.ts'
import { pluginMains } from './plugin-folder.ts'
import { neededBy, notCalled } from './policy-calls.ts'

const server = withMoto()
const kinds = findProviderProgram() === undefined ? (['emulated'] as const) : (['emulated', 'real'] as const)

describe.each(kinds)('the %s AWS provider', (kind) => {
  let plugin: PluginClient
  const made: Resource[] = []
  const called = new Map<string, Set<string>>()
  /** Adds the calls since the last time to those of a resource type. */
  const noteCalls = (type: string): void => {
    const { productActions } = server.gateway
    called.set(type, new Set([...(called.get(type) ?? []), ...productActions]))
    productActions.clear()
  }
  const ids = (): Record<string, string> => Object.fromEntries(made.map(({ type, id }) => [type.split(':').at(-1), id]))

  beforeAll(async () => {
    plugin = await startPlugin(pluginMains[kind])
  })
  afterAll(async () => {
    server.gateway.faults = {}
    await plugin[Symbol.asyncDispose]()
  })

  describe.each(cases)('$type', ({ type, inputs, update, replace, refused }) => {
    afterEach(() => noteCalls(type))

    test('creates a resource, and a refresh of it finds no drift', async () => {
      const given = inputs(ids())
      expect(await plugin.check(type, given)).toEqual([])
      const resource = await plugin.create(type, given)
      expect(resource.id).not.toBe('')
      const refreshed = await plugin.read(resource)
      expect(refreshed?.id).toBe(resource.id)
      made.push(resource)
      if (type.endsWith(':Instance')) await new EC2Client({}).send(new StopInstancesCommand({ InstanceIds: [resource.id] }))
      expect(await plugin.diff(resource, given)).toMatchObject({ changed: false, properties: [] })
      expect(await plugin.diff(refreshed!, given)).toMatchObject({ changed: false, properties: [] })
    })

    test('refuses unknown arguments and values that are not allowed', async () => {
      const given = made.at(-1)!.inputs
      expect(await plugin.check(type, { ...given, nonsense: true })).not.toEqual([])
      expect(await plugin.check(type, { ...given, ...refused })).not.toEqual([])
    })

    test('replaces the resource for the changes that need it, and first deletes it if its name is kept', async () => {
      const resource = made.at(-1)!
      for (const [name, value] of Object.entries(replace)) {
        const difference = await plugin.diff(resource, { ...resource.inputs, [name]: value })
        expect(difference, name).toMatchObject({ changed: true, replaces: [name] })
        const keepsName = ['name', 'keyName'].some((each) => each in resource.inputs && each !== name)
        expect(difference.deleteBeforeReplace, name).toBe(keepsName)
      }
    })

    const updatesInPlace = Object.keys(update).length > 0
    if (updatesInPlace)
      test('updates it in place', async () => {
        const resource = made.at(-1)!
        for (const [name, value] of Object.entries(update)) {
          const difference = await plugin.diff(resource, { ...resource.inputs, [name]: value })
          expect(difference, name).toMatchObject({ changed: true, replaces: [] })
        }
        const given = { ...resource.inputs, ...update }
        const updated = await plugin.update(resource, given)
        expect(await plugin.diff((await plugin.read(updated))!, given)).toMatchObject({ changed: false, properties: [] })
        made[made.length - 1] = updated
      })
  })

  test('deletes each resource; then a refresh does not find it, and another deletion succeeds', async () => {
    for (const resource of made.reverse()) {
      await plugin.delete(resource)
      expect(await plugin.read(resource), resource.type).toBeUndefined()
      await plugin.delete(resource)
      noteCalls(resource.type)
    }
  })

  test.each(Object.keys(providerActions))('the policy allows each call of the provider for %s', (name) => {
    const type = cases.find((each) => each.type.includes(`/${name}:`))?.type ?? ''
    const allowed = bakePolicy().Statement.flatMap(({ Action }) => Action)
    const calls = [...(called.get(type) ?? [])]
    expect(calls.length).toBeGreaterThan(1)
    expect(calls.filter((action) => !allowed.includes(action))).toEqual([])
  })

  if (kind === 'real')
    test('the policy has no call of the provider that the provider does not make', () => {
      const calls = new Set([...called.values()].flatMap((each) => [...each]))
      const listed = Object.values(providerActions).flat()
      expect(listed.filter((action) => !calls.has(action) && !(action in notCalled))).toEqual([])
      expect(neededBy['conformance.aws.test.ts'].filter((action) => !calls.has(action))).toEqual([])
    })

  test('a cancel ends the wait of a creation, and the engine learns what exists', async () => {
    const { type, inputs } = cases.find((each) => each.type.endsWith(':Instance'))!
    const heldBefore = server.gateway.held()
    server.gateway.faults = { hold: 'DescribeInstances' }
    const creation = plugin.create(type, { ...inputs({}), keyName: undefined, vpcSecurityGroupIds: undefined })
    const failure = creation.then(
      () => undefined,
      (error: unknown) => error,
    )
    await expect.poll(server.gateway.held, { timeout: 100_000 }).toBeGreaterThan(heldBefore)
    await plugin.cancel()
    const error = await failure
    expect(error).toBeInstanceOf(CreatedPartly)
    expect((error as CreatedPartly).resource.id).toMatch(/^i-/)
  })
})
