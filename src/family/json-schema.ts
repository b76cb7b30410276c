import { join } from 'node:path'
import { z } from 'zod'
import { packageFolder } from '../core/paths.ts'
import { projectSchema } from './project-schema.ts'
import { familySchema } from './schema.ts'

/** The JSON Schema of `family.yaml`, for editors. It is generated from the schema that the program checks with. */
export function renderJsonSchema(): string {
  return render(familySchema, 'family.yaml: the recipe of one machine image')
}

/** The JSON Schema of `bakehouse.yaml`, for editors. */
export function renderProjectSchema(): string {
  return render(projectSchema, 'bakehouse.yaml: the settings that all families of a project share')
}

function render(from: z.ZodType, title: string): string {
  const schema = z.toJSONSchema(from, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ $schema: schema.$schema, title, ...schema }, undefined, 2)}\n`
}

/** The paths of the generated files. */
export const jsonSchemaFile = (): string => join(packageFolder(), 'schema/family.schema.json')
export const projectSchemaFile = (): string => join(packageFolder(), 'schema/project.schema.json')
