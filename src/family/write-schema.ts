import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { jsonSchemaFile, renderJsonSchema } from './json-schema.ts'

// `npm run schema`
mkdirSync(dirname(jsonSchemaFile()), { recursive: true })
writeFileSync(jsonSchemaFile(), renderJsonSchema())
