import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { schemaCommand } from '../core/program.ts'
import { runSmallProgram } from '../core/small-program.ts'
import { jsonSchemaFile, renderJsonSchema } from './json-schema.ts'

process.exitCode = await runSmallProgram(
  {
    command: schemaCommand,
    describe: 'Writes schema/family.schema.json, with which editors complete and check family files.',
    examples: [['', 'write the schema after a change of src/family/schema.ts or of the options of a cloud']],
    run: async () => {
      mkdirSync(dirname(jsonSchemaFile()), { recursive: true })
      writeFileSync(jsonSchemaFile(), renderJsonSchema())
      return 0
    },
  },
  process.argv.slice(2),
)
