import { z } from 'zod'
import { cloudNames, defaultCloud } from '../cloud/clouds.ts'
import * as words from '../core/schema.ts'
import { checkNames } from '../guest/checks.ts'
import { systemNames } from '../guest/systems.ts'
import { deviceSets, loginKinds, strategies, transports } from '../model/family.ts'
import type { FamilyFile } from '../model/family-file.ts'
import { sections, verifiers } from './known.ts'

const { duration, environmentVariable, file, matching, name, variableName } = words

const variables = z.record(variableName, z.unknown())

/** First the kinds of base of the default cloud, then another family, then the kinds of the other clouds. */
const kindsOfBase = sections.map(({ section }) => Object.values(section.bases))
const base = z
  .union([
    ...(kindsOfBase[0] ?? []),
    z
      .strictObject({ family: name.describe('Name of the parent family, for example linux-base.') })
      .describe('The latest good image of another family.'),
    ...kindsOfBase.slice(1).flat(),
  ])
  .describe('The image that a build starts from.')

/** The section of each cloud: its options, and optionally a base for this cloud only. */
const optionsOfClouds = Object.fromEntries(
  sections.flatMap(({ cloud, section: { options } }) => {
    if (!options) return []
    const own = `The base image on ${cloud.title}, if it differs from \`base\` at the top of the file.`
    const whole = z.strictObject({ base: base.optional().describe(own), ...options.shape })
    return [[cloud.name, whole.describe(options.description ?? '').prefault({})] as const]
  }),
)

const secret = z.union([
  z.strictObject({ env: environmentVariable.describe('Environment variable that holds the secret.') }),
  z.strictObject({
    file: file.describe('File that holds the secret, relative to the family folder. One line break at its end is ignored.'),
  }),
])

const mebibytes = z.int().min(256).max(1_048_576).register(words.expectations, { expected: 'a whole number of MiB from 256 to 1048576' })
const machine = z.strictObject({
  cpus: z.int().min(1).max(64).default(2).describe('Number of virtual CPUs (local cloud).'),
  memory: mebibytes.default(1024).describe('Memory in MiB (local cloud). For 2 GiB, write 2048.'),
  disk: z
    .int()
    .min(1)
    .max(16_384)
    .default(4)
    .describe('Size of the disk in GiB. At least the size of the base image; on EC2, a smaller value means that size.'),
  devices: z
    .enum(deviceSets)
    .default('virtio')
    .describe('Virtual hardware (local cloud). `standard` is for images without virtio drivers, such as Windows as it is installed.'),
})

const configure = z.strictObject({
  playbook: file.default('playbook.yml').describe('The Ansible playbook, relative to the family folder.'),
  requirements: file
    .optional()
    .describe('File of Ansible collections and roles to install before the playbook runs. Default: requirements.yml, if it exists.'),
  strategy: z
    .enum(strategies)
    .default('mitogen')
    .describe(
      'How Ansible runs the tasks. `mitogen` is faster; `linear` is the strategy of Ansible. Windows families always use `linear`.',
    ),
  become: z.boolean().default(false).describe('Run every task as root. Needed if `login.user` is not root.'),
  variables: variables.default({}).describe('Ansible variables for the playbook and for Ansible suites. They must not be secret.'),
  secrets: z
    .record(variableName, secret)
    .default({})
    .describe('Ansible variables with secret values. The values are redacted in all logs, records and reports.'),
  vaultPassword: secret.optional().describe('The password of Ansible Vault.'),
  refreshPackages: z
    .boolean()
    .default(false)
    .describe('Refresh the package lists (apt) before the playbook runs, for roles that do not do it. Sealing removes the lists.'),
  network: z
    .boolean()
    .default(true)
    .describe('Whether the base machine reaches the network, to install packages (local cloud). It never reaches this computer.'),
  timeout: duration.default('60m').describe('Maximum time for the playbook, for example 90s, 30m or 2h.'),
})

const seal = z.strictObject({
  script: file
    .optional()
    .describe('A script that runs on the machine before Bakehouse seals it: a shell script, or PowerShell on Windows.'),
  timeout: duration.default('15m').describe('Maximum time for sealing.'),
})

/** One form for each verifier: its name with a file, the verifier's further keys, and the minimum number of test cases. */
const suite = z.union(
  verifiers.map(({ name, files, keys }) => {
    const what = files[name] === 'any' ? 'File or folder' : 'File'
    const path = file.describe(`${what} of tests for the verifier ${name}, relative to the family folder.`)
    return z.strictObject({ [name]: path, ...keys?.(words), ...words.minimum })
  }),
)

const verify = z.strictObject({
  clones: z.int().min(1).max(4).default(1).describe('Number of machines to start from the candidate. All suites run on each of them.'),
  reboot: z.boolean().default(false).describe('Also reboot each machine and run all suites a second time.'),
  network: z
    .boolean()
    .default(false)
    .describe(
      'Whether the machines under test reach the network (local cloud). Set it for suites that need it. They never reach this computer.',
    ),
  suites: z
    .array(suite)
    .default([])
    .describe('The test suites. Each has one verifier and its file. The hygiene checks always run as well.'),
  timeout: duration.default('30m').describe('Maximum time for all suites together.'),
})

const hygiene = z.strictObject({
  allow: z
    .record(z.string().meta({ enum: [...checkNames] }), words.text)
    .describe('Findings that this image may have: the reason, by the name of a check of its operating system. The report shows it.'),
})

const image = z.strictObject({
  compress: z
    .boolean()
    .default(false)
    .describe('Compress the promoted image (local cloud). It becomes smaller, and writing it takes longer.'),
})

const login = z.strictObject({
  by: z
    .enum(loginKinds)
    .default('credential')
    .describe(
      'How a new machine gets the key of the build: `credential` (a systemd credential), `cloud-init`, or `password` (no key: log in with a password; the default on Windows).',
    ),
  user: matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'a user name')
    .default('root')
    .describe('The user to log in as. Default on Windows: Administrator.'),
  transport: z
    .enum(transports)
    .default('ssh')
    .describe('How to connect: `ssh`, or `psrp` for PowerShell remoting. Default on Windows: psrp.'),
  timeout: duration.default('10m').describe('Maximum time from starting a machine to its first login.'),
})

/** The closed schema of `family.yaml`; the JSON Schema for editors is generated from it. */
export const familySchema = z.strictObject({
  description: z.string().default('').describe('What the image is for, in one sentence.'),
  os: z.enum(systemNames).default(systemNames[0]).describe('The operating system of the image.'),
  cloud: z
    .enum(cloudNames)
    .default(defaultCloud)
    .describe('Where to build. Without it: virtual machines on this computer. `--cloud` overrides it.'),
  base,
  machine: machine.prefault({}).describe('The virtual machines of a build.'),
  login: login.prefault({}).describe('How the build logs in to its machines.'),
  configure: configure.prefault({}).describe('How Ansible configures the base machine.'),
  seal: seal.prefault({}).describe('How the machine is sealed: keys, logs and identities are removed, then it is powered off.'),
  verify: verify.prefault({}).describe('How the image is tested before it is promoted.'),
  image: image.prefault({}).describe('The promoted image.'),
  hygiene: hygiene.optional().describe('The hygiene checks, which always run.'),
  ...optionsOfClouds,
}) satisfies z.ZodType<FamilyFile>
