import { z } from 'zod'
import { cloudNames, defaultCloud } from '../cloud/clouds.ts'
import * as words from '../core/schema.ts'
import { deviceSets, loginKinds, strategies, systems, transports } from '../model/family.ts'
import type { FamilyFile } from '../model/family-file.ts'
import { sections, verifiers } from './known.ts'

const { duration, environmentVariable, file, matching, name, variableName } = words

const variables = z.record(variableName, z.unknown())

/** The kinds of base of the default cloud, another family, the kinds of the other clouds. */
const kindsOfBase = sections.map(({ section }) => Object.values(section.bases))
const base = z
  .union([
    ...(kindsOfBase[0] ?? []),
    z.strictObject({ family: name }).describe('The latest good image of another family.'),
    ...kindsOfBase.slice(1).flat(),
  ])
  .describe('What the image starts from.')

/** The options of each cloud under the cloud's name, where a base of its own may stand too. */
const optionsOfClouds = Object.fromEntries(
  sections.flatMap(({ cloud, section: { options } }) => {
    if (!options) return []
    const own = `What the image starts from on ${cloud.title}, where the family's own base is of another cloud.`
    const whole = z.strictObject({ base: base.optional().describe(own), ...options.shape })
    return [[cloud.name, whole.describe(options.description ?? '').prefault({})] as const]
  }),
)

const secret = z.union([z.strictObject({ env: environmentVariable }), z.strictObject({ file })])

const machine = z.strictObject({
  cpus: z.int().min(1).max(64).default(2),
  memory: z.int().min(256).max(1_048_576).default(1024).describe('MiB.'),
  disk: z.int().min(1).max(16_384).default(4).describe('GiB; at least the size of the base.'),
  devices: z.enum(deviceSets).default('virtio').describe('standard: for an image without virtio drivers, such as a plain Windows (local).'),
})

const configure = z.strictObject({
  playbook: file.default('playbook.yml'),
  requirements: file.optional().describe('Collections and roles to install first; requirements.yml is taken where it exists.'),
  strategy: z.enum(strategies).default('mitogen').describe('How Ansible runs tasks on Linux; Windows is always linear.'),
  become: z.boolean().default(false).describe('Run every task with privileges, where the build user is not root.'),
  variables: variables.default({}),
  secrets: z.record(variableName, secret).default({}).describe('Variables whose values must appear nowhere.'),
  vaultPassword: secret.optional(),
  timeout: duration.default('60m'),
})

const seal = z.strictObject({
  script: file.optional().describe('A script of the family, run in the guest before ours.'),
  timeout: duration.default('15m'),
})

/** One form for each verifier: its name with a file, the verifier's own keys, and how many cases there must be. */
const suite = z.union(verifiers.map(({ name, keys }) => z.strictObject({ [name]: file, ...keys?.(words), ...words.minimum })))

const verify = z.strictObject({
  clones: z.int().min(1).max(4).default(1).describe('Machines started from the candidate, each verified.'),
  reboot: z.boolean().default(false).describe('Reboot them, and verify again.'),
  suites: z.array(suite).default([]),
  timeout: duration.default('30m'),
})

const image = z.strictObject({
  compress: z.boolean().default(false).describe('A smaller promoted image that takes longer to write (embedded cloud).'),
})

const login = z
  .strictObject({
    by: z.enum(loginKinds).default('credential').describe('How the guest is given its key.'),
    user: matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'a user name').default('root'),
    transport: z.enum(transports).default('ssh'),
    timeout: duration.default('10m').describe('How long the first login may take.'),
  })
  .describe('How the build reaches its machines.')

/** The closed schema of `family.yaml`; the JSON Schema for editors is generated from it. */
export const familySchema = z.strictObject({
  description: z.string().default(''),
  os: z.enum(systems).default('linux'),
  cloud: z.enum(cloudNames).default(defaultCloud),
  base,
  machine: machine.prefault({}),
  login: login.prefault({}),
  configure: configure.prefault({}),
  seal: seal.prefault({}),
  verify: verify.prefault({}),
  image: image.prefault({}),
  ...optionsOfClouds,
}) satisfies z.ZodType<FamilyFile>
