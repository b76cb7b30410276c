import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../../../src/core/paths.ts'
import { type Connection, decodeSchema } from './connection.ts'

/** A type of Terraform, as in the schema: a name, or a list of the kind and what it contains. */
export type Type = string | readonly ['list' | 'set' | 'map', Type] | readonly ['object', Readonly<Record<string, Type>>]

export interface Attribute {
  readonly name: string
  readonly type: Type
  readonly required: boolean
  readonly optional: boolean
  readonly computed: boolean
}

export interface NestedBlock {
  readonly name: string
  readonly nesting: 'single' | 'list' | 'set' | 'map'
  readonly maximum: number
  readonly block: Block
}

export interface Block {
  readonly attributes: readonly Attribute[]
  readonly blocks: readonly NestedBlock[]
}

/** The configuration of the provider, and the resource types that the bridge serves. */
export interface Schemas {
  readonly provider: Block
  readonly resources: Readonly<Record<string, Block>>
}

/** The schemas of the provider. They are kept in the cache, because the provider needs seconds to compute those of its 1500 types. */
export async function readSchemas(connection: Connection, program: string, types: readonly string[]): Promise<Schemas> {
  const { size, mtimeMs } = statSync(program)
  const key = createHash('sha256')
    .update(JSON.stringify([program, size, mtimeMs, types]))
    .digest('hex')
    .slice(0, 12)
  const file = join(cacheFolder(), `aws-schema-${key}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Schemas
  const schemas = await askSchemas(connection, types)
  mkdirSync(cacheFolder(), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(schemas))
  renameSync(`${file}.${process.pid}`, file)
  return schemas
}

async function askSchemas(connection: Connection, types: readonly string[]): Promise<Schemas> {
  const { provider, resourceSchemas } = await connection.call('GetSchema', {})
  const resources = types.map((type) => [type, toBlock(decodeSchema(resourceSchemas[type]).block)])
  return { provider: toBlock(provider.block), resources: Object.fromEntries(resources) }
}

const nestings = { 1: 'single', 2: 'list', 3: 'set', 4: 'map', 5: 'single' } as const

interface RawBlock {
  readonly attributes: readonly (Omit<Attribute, 'type'> & { readonly type: Buffer })[]
  readonly blockTypes: readonly { typeName: string; nesting: keyof typeof nestings; maxItems: number; block: RawBlock }[]
}

function toBlock({ attributes, blockTypes }: RawBlock): Block {
  return {
    attributes: attributes.map((attribute) => ({ ...attribute, type: JSON.parse(attribute.type.toString()) as Type })),
    blocks: blockTypes.map(({ typeName, nesting, maxItems, block }) => ({
      name: typeName,
      nesting: nestings[nesting],
      maximum: maxItems,
      block: toBlock(block),
    })),
  }
}
