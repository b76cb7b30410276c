import { z } from 'zod'
import { matching, text } from '../core/schema.ts'
import { familySchema } from './schema.ts'

const path = text.describe('A path, relative to the folder of the project.')
const seconds = z.int().min(1).max(86_400)
const tag = matching(/^[^,=]{1,128}$/, 'a text without , and =')

/** Settings of a family that `defaults` may contain: all that several families can share. */
const familyDefaults = familySchema.omit({ description: true, base: true }).partial()

/** The closed schema of `bakehouse.yaml`; the JSON Schema for editors is generated from it. */
export const projectSchema = z.strictObject({
  backend: text.optional().describe('The state backend, as a URL for Pulumi: `s3://…`, `gs://…`, `azblob://…`, `file://…`.'),
  secretsProvider: text.optional().describe('The secrets provider of the state: `awskms://…`, `gcpkms://…`, `azurekeyvault://…`.'),
  passphraseFile: path.optional().describe('The file with the passphrase of the state.'),
  artifacts: text.optional().describe('The place of logs and reports of all builds: a folder, or `s3://bucket/path`.'),
  home: path.optional().describe('The folder of state, records, images and running machines.'),
  parallel: z.int().min(1).max(1000).optional().describe('The number of families to build in parallel.'),
  cancelSeconds: seconds.optional().describe('Seconds after a cancellation until the engine is killed.'),
  lockSeconds: seconds.optional().describe('Seconds to wait for a stack that another process has locked.'),
  accelerator: z.enum(['kvm', 'hvf', 'tcg']).optional().describe('The accelerator of QEMU.'),
  snapshots: z.boolean().optional().describe('Whether local machines are restored from VM snapshots.'),
  venv: path.optional().describe('The Python environment with Ansible and the verifiers.'),
  goss: path.optional().describe('The static Linux binary of goss that is copied into machines.'),
  awsTags: z.record(tag, tag).optional().describe('Tags for everything that builds of any family create on EC2.'),
  plugins: z.record(tag, path).optional().describe('More provider plugins for the engine: name and folder.'),
  defaults: familyDefaults
    .optional()
    .describe('Settings that families have unless their `family.yaml` sets them: any of its keys except `base` and `description`.'),
})

/** The content of `bakehouse.yaml`. */
export type ProjectFile = z.input<typeof projectSchema>
