import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { schemaCommand } from '../core/program.ts'
import { runSmallProgram } from '../core/small-program.ts'
import { jsonSchemaFile, projectSchemaFile, renderJsonSchema, renderProjectSchema } from './json-schema.ts'

process.exitCode = await runSmallProgram(
  {
    command: schemaCommand,
    describe: 'Writes the schemas in schema/, with which editors complete and check family.yaml and bakehouse.yaml.',
    examples: [['', 'write them after a change of src/family/schema.ts or of the options of a cloud']],
    run: async () => {
      mkdirSync(dirname(jsonSchemaFile()), { recursive: true })
      writeFileSync(jsonSchemaFile(), renderJsonSchema())
      writeFileSync(projectSchemaFile(), renderProjectSchema())
      return 0
    },
  },
  process.argv.slice(2),
)
