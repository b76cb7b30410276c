import { z } from 'zod'
import { cloudNames, embeddedCloud } from '../cloud/clouds.ts'
import { duration, environmentVariable, expectations, file, matching, minimum, name, sha256, text, variableName } from '../core/schema.ts'
import { debianReleases } from '../model/debian-release.ts'

const variables = z.record(variableName, z.unknown())

const base = z
  .union([
    z.strictObject({ debian: z.enum(debianReleases) }).describe("A Debian disk built from Debian's own packages (embedded cloud)."),
    z.strictObject({ image: text, sha256 }).describe('Any disk image by path or URL (embedded cloud).'),
    z.strictObject({ family: name }).describe('The latest good image of another family.'),
    z
      .strictObject({
        ami: z.strictObject({
          owners: z.array(text).min(1).register(expectations, { expected: 'a list of at least one owner: account numbers or aliases' }),
          name: text,
          architecture: z.enum(['x86_64', 'arm64']).default('x86_64'),
        }),
      })
      .describe('The newest image of these owners by name pattern (EC2).'),
    z.strictObject({ amiId: matching(/^ami-[0-9a-f]{8,17}$/, 'an image id: ami-…') }).describe('One fixed image (EC2).'),
    z
      .strictObject({ parameter: matching(/^\/([\w./-]|\{\{\s*\w+\s*\}\})+$/, 'the path of an SSM parameter, starting with /') })
      .describe('A public SSM parameter that holds an image id (EC2). {{ name }} stands for a variable of configure.variables.'),
  ])
  .describe('What the image starts from.')

const secret = z.union([z.strictObject({ env: environmentVariable }), z.strictObject({ file })])

const machine = z.strictObject({
  cpus: z.int().min(1).max(64).default(2),
  memory: z.int().min(256).max(1_048_576).default(1024).describe('MiB.'),
  disk: z.int().min(1).max(16_384).default(4).describe('GiB; at least the size of the base.'),
  devices: z
    .enum(['virtio', 'standard'])
    .default('virtio')
    .describe('standard: for an image without virtio drivers, such as a plain Windows (local).'),
})

const configure = z.strictObject({
  playbook: file.default('playbook.yml'),
  requirements: file.optional().describe('Collections and roles to install first; requirements.yml is taken where it exists.'),
  strategy: z.enum(['mitogen', 'linear']).default('mitogen').describe('How Ansible runs tasks on Linux; Windows is always linear.'),
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
const suite = z.union([
  z.strictObject({ goss: file, variables: z.record(z.string(), z.unknown()).default({}), ...minimum }),
  z.strictObject({ testinfra: file, ...minimum }),
  z.strictObject({ ansible: file, ...minimum }),
  z.strictObject({ pester: file, ...minimum }),
  z.strictObject({ inspec: file, inputs: file.optional(), waivers: file.optional(), ...minimum }),
])

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
    by: z.enum(['credential', 'cloud-init', 'password']).default('credential').describe('How the guest is given its key.'),
    user: matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'a user name').default('root'),
    transport: z.enum(['ssh', 'psrp']).default('ssh'),
    timeout: duration.default('10m').describe('How long the first login may take.'),
  })
  .describe('How the build reaches its machines.')

const ingress = matching(/^\d{1,3}(\.\d{1,3}){3}\/(2[4-9]|3[0-2])$/, 'an IPv4 range of 256 addresses at most, such as 10.0.0.5/32')
const key = { kmsKeyId: text.optional().describe('A KMS key of that region: id, ARN or alias.') }
const aws = z
  .strictObject({
    base: base.optional().describe("What the image starts from on EC2, where the family's own base is of another cloud."),
    instanceType: matching(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an instance type such as t3.small').default('t3.small'),
    subnetId: matching(/^subnet-[0-9a-f]{8,17}$/, 'a subnet id: subnet-…')
      .optional()
      .describe('Without it, the default VPC.'),
    instanceProfile: text.optional().describe('Needed where machines are reached through Session Manager.'),
    reach: z
      .union([
        z.enum(['ssh', 'ssm']),
        z.strictObject({ bastion: text.describe('[user@]host[:port], reached with your own ssh settings.'), ingress }),
        z.strictObject({ proxyCommand: text.describe('As in ssh_config: %h and %p are replaced.'), ingress: ingress.optional() }),
      ])
      .default('ssh')
      .describe('Straight by ssh from this address only, by Session Manager with no port open, by a bastion, or by a command of your own.'),
    ...key,
    regions: z
      .record(matching(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'a region such as eu-west-1'), z.strictObject(key))
      .default({})
      .describe('Regions that get a copy of the promoted image, beside the one of the bake.'),
    share: z
      .strictObject({
        accounts: z.array(matching(/^\d{12}$/, 'an account: 12 digits')).default([]),
        organizations: z.array(matching(/^arn:aws[a-z-]*:organizations::/, 'the ARN of an organisation or of a unit')).default([]),
      })
      .prefault({})
      .describe('Who else may launch the promoted image. Needs a KMS key of yours: what AWS encrypts by its own cannot be shared.'),
    deprecateAfterDays: z.int().min(1).max(3650).optional().describe('When EC2 stops to offer the image; it still starts by its id.'),
    protect: z.boolean().default(true).describe('Deregistration protection of the promoted image.'),
    watermark: z.boolean().default(false).describe('Mark the image once it has passed, for the Allowed AMIs setting of the account.'),
  })
  .describe('How the family is baked on EC2.')

/** The closed schema of `family.yaml`; the JSON Schema for editors is generated from it. */
export const familySchema = z.strictObject({
  description: z.string().default(''),
  os: z.enum(['linux', 'windows']).default('linux'),
  cloud: z.enum(cloudNames).default(embeddedCloud),
  base,
  machine: machine.prefault({}),
  login: login.prefault({}),
  configure: configure.prefault({}),
  seal: seal.prefault({}),
  verify: verify.prefault({}),
  image: image.prefault({}),
  aws: aws.prefault({}),
})

export type FamilySpec = z.output<typeof familySchema>
export type Suite = z.output<typeof suite>
export type Base = z.output<typeof base>
export type Secret = z.output<typeof secret>
