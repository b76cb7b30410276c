import { join } from 'node:path'
import { z } from 'zod'
import { packageFolder } from '../core/paths.ts'
import { familySchema } from './schema.ts'

/** The JSON Schema of `family.yaml`, for editors. It is generated from the schema that the program checks with. */
export function renderJsonSchema(): string {
  const schema = z.toJSONSchema(familySchema, { io: 'input', target: 'draft-7' })
  const head = { $schema: schema.$schema, title: 'family.yaml: the recipe of one machine image' }
  return `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`
}

/** The path of the generated file. */
export function jsonSchemaFile(): string {
  return join(packageFolder(), 'schema/family.schema.json')
}
