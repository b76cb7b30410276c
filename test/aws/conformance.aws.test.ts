import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bakePolicy, providerActions } from '../../src/cloud/aws/policy.ts'
import { unknownValue } from '../../src/engine/plugin/properties.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { findProviderProgram } from './bridge/find-program.ts'
import { type Case, cases, type Ids } from './conformance-cases.ts'
import { makeSurroundings, type Surroundings } from './conformance-surroundings.ts'
import type { Faults } from './faults.ts'
import { CreatedPartly, type PluginClient, type Resource, startPlugin } from './plugin-client.ts'
import { pluginMains } from './plugin-folder.ts'
import { neededBy, notCalled } from './policy-calls.ts'

const server = withMoto()
const kinds = findProviderProgram() === undefined ? (['emulated'] as const) : (['emulated', 'real'] as const)
if (kinds.length === 1)
  process.stdout.write(
    'The real AWS provider was not found: only the emulated one is tested. test/aws/bridge/README.md says where it is looked for.\n',
  )

describe.each(kinds)('the %s AWS provider', (kind) => {
  let plugin: PluginClient
  let surroundings: Surroundings
  const made: Resource[] = []
  const called = new Map<string, Set<string>>()
  /** Adds the calls since the last time to those of a resource type. */
  const noteCalls = (type: string): void => {
    const { productActions } = server.gateway
    called.set(type, new Set([...(called.get(type) ?? []), ...productActions]))
    productActions.clear()
  }
  const ids = (): Ids => ({ ...surroundings, ...Object.fromEntries(made.map(({ type, id }) => [type.split(':').at(-1), id])) }) as Ids

  beforeAll(async () => {
    surroundings = await makeSurroundings(server.gateway.target)
    plugin = await startPlugin(pluginMains[kind])
  })
  afterAll(() => plugin?.[Symbol.asyncDispose]())

  describe.each(cases)('$type', ({ type, inputs, update, refusedUpdate = {}, replace, refused, look, hidden = [], waits }) => {
    afterEach(() => {
      server.gateway.faults = {}
      noteCalls(type)
    })

    /** Checks that AWS says of the resource what its inputs say. */
    const expectShown = async (resource: Resource): Promise<void> => {
      const shown = Object.entries(resource.inputs).filter(([name]) => !hidden.includes(name))
      const found = (await look(resource)) ?? {}
      expect(Object.fromEntries(shown.map(([name]) => [name, found[name]]))).toEqual(Object.fromEntries(shown))
    }

    test('previews, and then creates a resource; a refresh of it finds no drift', async () => {
      const given = inputs(ids())
      expect(await plugin.check(type, given)).toEqual([])
      const promised = await withoutChanges(() => plugin.preview(type, given))
      expect(promised).toMatchObject(given)
      expect([undefined, unknownValue]).toContain(promised.arn)
      const resource = await plugin.create(type, given)
      expect(resource.id).not.toBe('')
      await expectShown(resource)
      const refreshed = await plugin.read(resource)
      expect(refreshed?.id).toBe(resource.id)
      made.push(resource)
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
        expect.soft(difference, name).toMatchObject({ changed: true, replaces: [name] })
        const keepsName = ['name', 'keyName'].some((each) => each in resource.inputs && each !== name)
        expect.soft(difference.deleteBeforeReplace, name).toBe(keepsName)
      }
    })

    test('previews and then updates in place for all other changes', async () => {
      const resource = made.at(-1)!
      const changes = update(ids())
      expect(Object.keys({ ...changes, ...refusedUpdate, ...replace })).toEqual(expect.arrayContaining(Object.keys(resource.inputs)))
      for (const [name, value] of Object.entries({ ...changes, ...refusedUpdate })) {
        const difference = await plugin.diff(resource, { ...resource.inputs, [name]: value })
        expect.soft(difference, name).toMatchObject({ changed: true, replaces: [] })
      }
      for (const [name, value] of Object.entries(refusedUpdate)) {
        // The real provider changes tags first, so they stay.
        const refusal = plugin.update(resource, { ...resource.inputs, ...changes, tags: resource.inputs.tags, [name]: value })
        await expect(refusal, name).rejects.toThrow()
      }
      if (Object.keys(changes).length === 0) return
      const given = { ...resource.inputs, ...changes }
      expect(await withoutChanges(() => plugin.previewUpdate(resource, given))).toMatchObject(given)
      await expectShown(resource)
      const updated = await plugin.update(resource, given)
      await expectShown(updated)
      expect(await plugin.diff((await plugin.read(updated))!, given)).toMatchObject({ changed: false, properties: [] })
      made[made.length - 1] = updated
    })

    if (waits)
      test('a cancel ends its waits, and the engine knows what exists', async () => {
        const creation = await cancelAt(waits.create, (other) => other.create(type, { ...inputs(ids()), ...waits.inputs }))
        expect(creation).toBeInstanceOf(CreatedPartly)
        const { resource } = creation as CreatedPartly
        expect(await look(resource)).toMatchObject({ name: 'cancelled' })
        expect(await cancelAt(waits.delete, (other) => other.delete(resource))).toBeInstanceOf(Error)
        await plugin.delete(resource)
        expect(await look(resource)).toBeUndefined()
      })
  })

  /** Runs an operation in a plugin of its own, and cancels it at a call that gets no answer. Returns the error; undefined without one. */
  async function cancelAt(faults: Faults, operation: (other: PluginClient) => Promise<unknown>): Promise<unknown> {
    await using other = await startPlugin(pluginMains[kind])
    const before = server.gateway.held()
    server.gateway.faults = faults
    const failure = operation(other).then(
      () => undefined,
      (error: unknown) => error,
    )
    await expect.poll(server.gateway.held, { timeout: 100_000 }).toBeGreaterThan(before)
    await other.cancel()
    const error = await failure
    server.gateway.faults = {}
    return error
  }

  test('deletes each resource; then a refresh does not find it, and another deletion succeeds', async () => {
    for (const resource of made.reverse()) {
      const { look } = cases.find(({ type }) => type === resource.type) as Case
      await plugin.delete(resource)
      expect(await look(resource), resource.type).toBeUndefined()
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
})

/** Runs a preview, and checks that it changes nothing. */
async function withoutChanges<T>(preview: () => Promise<T>): Promise<T> {
  const before = server.gateway.calls.length
  const outcome = await preview()
  expect(server.gateway.calls.slice(before).filter((call) => !/:(Describe|Get|List)/.test(call))).toEqual([])
  return outcome
}
