import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { CloudDescriptor } from '../../src/cloud/descriptor.ts'
import { run } from '../../src/core/exec.ts'

/** A script that prints which files are loaded by an import of a file. */
const tellLoaded = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
await import(process.argv[1])
process.stdout.write(JSON.stringify(loaded))`

/** The packages that are loaded by an import of a file of this repository. */
export async function findPackages(file: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', tellLoaded, join(import.meta.dirname, '../..', file)])
  const urls = JSON.parse(stdout) as string[]
  return urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])
}

/** The tests that every cloud must pass. `file`: the file with its descriptor. */
export function testCloud(cloud: CloudDescriptor, file = `src/cloud/${cloud.name}/descriptor.ts`): void {
  describe(`the cloud ${cloud.name}`, () => {
    test('has a descriptor that loads no package', async () => {
      expect(await findPackages(file)).toEqual([])
    })

    test('describes each kind of base image; the kind is its first key', async () => {
      const { bases } = await cloud.section()
      expect(Object.entries(bases).map(([kind, { shape }]) => [kind, Object.keys(shape)[0]])).toEqual(
        cloud.bases.map(({ kind }) => [kind, kind]),
      )
      for (const { kind, templates = [] } of cloud.bases)
        expect(Object.keys(bases[kind]?.shape ?? {})).toEqual(expect.arrayContaining([...templates]))
    })

    test('has defaults for all options, and rejects unknown options', async () => {
      const { options = z.strictObject({}) } = await cloud.section()
      expect(options.safeParse({}).success).toBe(true)
      expect(options.safeParse({ noSuchOption: 1 }).success).toBe(false)
    })

    test('has the name of its descriptor, and a region', async () => {
      expect(await cloud.cloud()).toMatchObject({ name: cloud.name, region: expect.stringMatching(/./) })
    })

    test('lists no resources for a build that created none, and deletes a missing resource without an error', async () => {
      const open = await cloud.cloud()
      const tags = { tool: 'bakehouse', family: 'nobody', version: '2000.01.01', build: 'none', stage: 'trial', expires: '' } as const
      expect(await open.list({ tool: 'bakehouse', build: 'none' })).toEqual([])
      await open.delete({ kind: 'instance', id: 'i-00000000000000000', tags, state: 'stopped' })
    })

    test('provides resources for machine, candidate and promoted image', async () => {
      expect(await cloud.resources()).toMatchObject({
        instance: expect.any(Function),
        image: expect.any(Function),
        copy: expect.any(Function),
      })
    })
  })
}
