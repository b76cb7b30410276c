import { join } from 'node:path'
import { z } from 'zod'
import { sourceFolder } from '../core/paths.ts'
import { familySchema } from './schema.ts'

/** The JSON Schema of `family.yaml`, for editors; made from what the program itself checks with. */
export function renderJsonSchema(): string {
  const schema = z.toJSONSchema(familySchema, { io: 'input', target: 'draft-7' })
  const head = { $schema: schema.$schema, title: 'A family of machine images (family.yaml)' }
  return `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`
}

/** Where it is kept. */
export function jsonSchemaFile(): string {
  return join(sourceFolder(), '../schema/family.schema.json')
}
