import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { familySchema } from '../../src/family/schema.ts'
import { systemOf } from '../../src/guest/systems.ts'
import { familyFiles, makeProject } from './project.ts'

const base = 'base: { debian: bookworm }'
const keys = Object.keys(familySchema.shape).join(', ')
const baseForms = 'debian, image (with sha256), family, ami, amiId, parameter'
const suiteForms = 'goss, testinfra, ansible, pester, inspec'
const duration = 'a duration such as 90s, 30m or 2h'

interface Malformed {
  readonly what: string
  readonly yaml: string | Uint8Array
  readonly at: string
  readonly says: string
  readonly hint?: string
}

const variants: Malformed[] = [
  { what: 'an empty file', yaml: '', at: '1:1', says: `expected a mapping with the keys ${keys}, got nothing` },
  { what: 'comments only', yaml: '# nothing\n\n', at: '1:1', says: 'got nothing' },
  { what: 'a list', yaml: '- base\n', at: '1:1', says: `expected a mapping with the keys ${keys}, got a list` },
  { what: 'a text', yaml: 'linux-base\n', at: '1:1', says: 'got "linux-base"' },
  { what: 'no base', yaml: 'os: linux\n', at: '1:1', says: `expected base to be a mapping with one of the keys ${baseForms}, got nothing` },
  { what: 'an unknown key', yaml: `${base}\nplaybok: x\n`, at: '2:1', says: `expected one of the keys ${keys}, got "playbok"` },
  { what: 'a mistyped key', yaml: `${base}\nmachne: {}\n`, at: '2:1', says: 'got "machne"', hint: 'did you mean "machine"?' },
  {
    what: 'a mistyped key inside',
    yaml: `${base}\nmachine:\n  cpu: 2\n`,
    at: '3:3',
    says: 'expected one of the keys cpus, memory, disk, devices in machine, got "cpu"',
    hint: 'did you mean "cpus"?',
  },
  {
    what: 'an unknown hygiene check',
    yaml: `${base}\nhygiene:\n  allow: { no-mial: why }\n`,
    at: '3:12',
    says: `expected a hygiene check of Linux (${systemOf('linux').checks.join(', ')}), got "no-mial"`,
    hint: 'did you mean "no-mail"?',
  },
  {
    what: 'a hygiene check of another operating system',
    yaml: `${base}\nhygiene:\n  allow: { firewall-on: why }\n`,
    at: '3:12',
    says: ', got "firewall-on"',
  },
  {
    what: 'a hygiene check of Linux for a Windows image',
    yaml: 'os: windows\ncloud: aws\nbase: { amiId: ami-12345678 }\nhygiene:\n  allow: { no-mail: why }\n',
    at: '5:12',
    says: `expected a hygiene check of Windows (${systemOf('windows').checks.join(', ')}), got "no-mail"`,
  },
  {
    what: 'a finding that is allowed without a reason',
    yaml: `${base}\nhygiene: { allow: { no-mail: "" } }\n`,
    at: '2:30',
    says: 'expected hygiene.allow.no-mail to be a text that is not empty, got ""',
  },
  {
    what: 'a text as number',
    yaml: `${base}\nmachine:\n  cpus: two\n`,
    at: '3:9',
    says: 'expected machine.cpus to be a whole number from 1 to 64, got "two"',
  },
  { what: 'a quoted number', yaml: `${base}\nmachine:\n  cpus: "2"\n`, at: '3:9', says: 'got "2"' },
  {
    what: 'a secret from a file of somebody else',
    yaml: `${base}\nconfigure:\n  secrets: { token: { file: /etc/shadow } }\n`,
    at: '3:29',
    says: 'expected a path inside the family folder, got "/etc/shadow"',
  },
  {
    what: 'a vault password from a file above',
    yaml: `${base}\nconfigure: { vaultPassword: { file: ../../.bakehouse/passphrase } }\n`,
    at: '2:37',
    says: 'expected a path inside the family folder, got "../../.bakehouse/passphrase"',
  },
  ...['$(touch /tmp/owned)', 'gate; id', '-oProxyCommand=id', 'me@-oProxyCommand=id', '`id`', 'gate%h', 'a b', 'gate:22222222'].map(
    (bastion) => ({
      what: `the bastion ${bastion}`,
      yaml: `${base}\naws: { reach: { bastion: '${bastion}', ingress: 10.0.0.5/32 } }\n`,
      at: '2:26',
      says: `to be a bastion as [user@]host[:port], got "${bastion}"`,
    }),
  ),
  {
    what: 'no processor',
    yaml: `${base}\nmachine: { cpus: 0 }\n`,
    at: '2:18',
    says: 'expected machine.cpus to be a whole number from 1 to 64, got number 0',
  },
  { what: 'too many processors', yaml: `${base}\nmachine: { cpus: 65 }\n`, at: '2:18', says: 'got number 65' },
  { what: 'half a processor', yaml: `${base}\nmachine: { cpus: 1.5 }\n`, at: '2:18', says: 'got number 1.5' },
  {
    what: 'endless memory',
    yaml: `${base}\nmachine: { memory: .inf }\n`,
    at: '2:20',
    says: 'expected machine.memory to be a whole number of MiB from 256 to 1048576, got number Infinity',
  },
  { what: 'a disk that is not a number', yaml: `${base}\nmachine: { disk: .nan }\n`, at: '2:18', says: 'got number NaN' },
  {
    what: 'a section without content',
    yaml: `${base}\nmachine:\n`,
    at: '2:1',
    says: 'expected machine to be a mapping with the keys cpus, memory, disk, devices, got nothing',
  },
  {
    what: 'a section that is a list',
    yaml: `${base}\nconfigure:\n  - playbook.yml\n`,
    at: '3:3',
    says: 'expected configure to be a mapping',
  },
  {
    what: 'a word for a boolean',
    yaml: `${base}\nverify: { reboot: yes }\n`,
    at: '2:19',
    says: 'expected verify.reboot to be true or false, got "yes"',
  },
  { what: 'an unknown system', yaml: `${base}\nos: macos\n`, at: '2:5', says: 'expected os to be linux or windows, got "macos"' },
  { what: 'an unknown cloud', yaml: `${base}\ncloud: gcp\n`, at: '2:8', says: 'expected cloud to be local or aws, got "gcp"' },
  {
    what: 'a duration without unit',
    yaml: `${base}\nseal: { timeout: 90 }\n`,
    at: '2:18',
    says: `expected seal.timeout to be ${duration}, got number 90`,
  },
  {
    what: 'a duration in days',
    yaml: `${base}\nseal: { timeout: 2d }\n`,
    at: '2:18',
    says: `expected seal.timeout to be ${duration}, got "2d"`,
  },
  { what: 'a duration of nothing', yaml: `${base}\nseal: { timeout: 0s }\n`, at: '2:18', says: duration },
  {
    what: 'a base that is a word',
    yaml: 'base: bookworm\n',
    at: '1:7',
    says: `expected base to be a mapping with one of the keys ${baseForms}, got "bookworm"`,
  },
  {
    what: 'a base of no known form',
    yaml: 'base: { debain: bookworm }\n',
    at: '1:7',
    says: 'got a mapping with debain',
    hint: 'did you mean "debian"?',
  },
  { what: 'an empty base', yaml: 'base: {}\n', at: '1:7', says: 'got an empty mapping' },
  { what: 'two bases at once', yaml: 'base: { debian: bookworm, family: other }\n', at: '1:7', says: 'got debian and family together' },
  { what: 'another Debian', yaml: 'base: { debian: sid }\n', at: '1:17', says: 'expected base.debian to be bookworm or trixie, got "sid"' },
  {
    what: 'an image without its digest',
    yaml: 'base:\n  image: disk.qcow2\n',
    at: '2:3',
    says: 'expected base.sha256 to be a SHA-256 digest: 64 lower-case hexadecimal digits, got nothing',
  },
  {
    what: 'a digest in capitals',
    yaml: `base:\n  image: disk.qcow2\n  sha256: ${'A'.repeat(64)}\n`,
    at: '3:11',
    says: 'expected base.sha256 to be a SHA-256 digest',
  },
  {
    what: 'a stranger in a base',
    yaml: 'base:\n  debian: bookworm\n  mirror: x\n',
    at: '3:3',
    says: 'expected one of the keys debian, variant in base, got "mirror"',
  },
  {
    what: 'a family name in capitals',
    yaml: 'base: { family: Linux }\n',
    at: '1:17',
    says: 'expected base.family to be a name of lower-case letters',
  },
  {
    what: 'a family that is not there',
    yaml: 'base: { family: othr }\n',
    at: '1:17',
    says: 'expected a family (broken, other), got "othr"',
    hint: 'did you mean "other"?',
  },
  {
    what: 'itself as base',
    yaml: 'base: { family: broken }\n',
    at: '1:17',
    says: 'expected the name of another family, got broken itself',
  },
  {
    what: 'images of any owner',
    yaml: 'cloud: aws\nbase:\n  ami: { name: "debian-12-*" }\n',
    at: '3:8',
    says: 'expected base.ami.owners to be a list of at least one owner: account numbers or aliases, got nothing',
  },
  { what: 'an empty list of owners', yaml: 'cloud: aws\nbase:\n  ami: { owners: [], name: x }\n', at: '3:18', says: 'got an empty list' },
  {
    what: 'a malformed image id',
    yaml: 'cloud: aws\nbase: { amiId: ami-xyz }\n',
    at: '2:16',
    says: 'expected base.amiId to be an image id: ami-…, got "ami-xyz"',
  },
  {
    what: 'an EC2 base on the local cloud',
    yaml: 'base: { amiId: ami-12345678 }\n',
    at: '1:7',
    says: 'expected a base for the cloud local (debian, image, family), got amiId',
  },
  {
    what: 'a disk as base on EC2',
    yaml: `cloud: aws\n${base}\n`,
    at: '2:7',
    says: 'expected a base for the cloud aws (ami, amiId, parameter, family), got debian',
  },
  {
    what: 'a playbook that is not there',
    yaml: `${base}\nconfigure:\n  playbook: site.yml\n`,
    at: '3:13',
    says: 'expected configure.playbook to be a file in the family folder, got site.yml, which does not exist',
  },
  {
    what: 'a playbook that is a folder',
    yaml: `${base}\nconfigure: { playbook: verify }\n`,
    at: '2:24',
    says: 'got verify, which is not a file',
  },
  {
    what: 'a playbook outside the family',
    yaml: `${base}\nconfigure: { playbook: ../other/playbook.yml }\n`,
    at: '2:24',
    says: 'expected a path inside the family folder',
  },
  {
    what: 'a playbook by absolute path',
    yaml: `${base}\nconfigure: { playbook: /etc/passwd }\n`,
    at: '2:24',
    says: 'expected a path inside the family folder, got "/etc/passwd"',
  },
  {
    what: 'a script that is not there',
    yaml: `${base}\nseal:\n  script: clean.sh\n`,
    at: '3:11',
    says: 'expected seal.script to be a file in the family folder, got clean.sh',
  },
  {
    what: 'requirements that are not there',
    yaml: `${base}\nconfigure: { requirements: r.yml }\n`,
    at: '2:28',
    says: 'expected configure.requirements to be a file in the family folder, got r.yml',
  },
  {
    what: 'a suite that is a word',
    yaml: `${base}\nverify:\n  suites:\n    - verify/goss.yaml\n`,
    at: '4:7',
    says: `expected verify.suites[0] to be a mapping with one of the keys ${suiteForms}, got "verify/goss.yaml"`,
  },
  {
    what: 'an unknown verifier',
    yaml: `${base}\nverify:\n  suites:\n    - serverspec: x\n`,
    at: '4:7',
    says: 'got a mapping with serverspec',
  },
  {
    what: 'a mistyped verifier',
    yaml: `${base}\nverify: { suites: [{ gos: x }] }\n`,
    at: '2:20',
    says: suiteForms,
    hint: 'did you mean "goss"?',
  },
  {
    what: 'two verifiers in one suite',
    yaml: `${base}\nverify: { suites: [{ goss: a, testinfra: b }] }\n`,
    at: '2:20',
    says: 'got goss and testinfra together',
  },
  {
    what: 'a stranger in a suite',
    yaml: `${base}\nverify:\n  suites:\n    - goss: verify/goss.yaml\n      minimum: 3\n`,
    at: '5:7',
    says: 'expected one of the keys goss, variables, minimumCases in verify.suites[0], got "minimum"',
    hint: 'did you mean "minimumCases"?',
  },
  {
    what: 'a suite of no cases',
    yaml: `${base}\nverify:\n  suites:\n    - goss: verify/goss.yaml\n      minimumCases: 0\n`,
    at: '5:21',
    says: 'expected verify.suites[0].minimumCases to be a whole number from 1',
  },
  {
    what: 'a suite that is not there',
    yaml: `${base}\nverify:\n  suites:\n    - goss: verify/goss.yaml\n    - testinfra: verify/test_other.py\n`,
    at: '5:18',
    says: 'expected verify.suites[1].testinfra to be a file or folder in the family folder, got verify/test_other.py',
  },
  {
    what: 'the same suite twice',
    yaml: `${base}\nverify:\n  suites:\n    - goss: verify/goss.yaml\n    - goss: verify/goss.yaml\n`,
    at: '5:7',
    says: 'expected each suite once, got goss verify/goss.yaml again',
  },
  {
    what: 'suites as a mapping',
    yaml: `${base}\nverify:\n  suites:\n    goss: verify/goss.yaml\n`,
    at: '4:5',
    says: 'expected verify.suites to be a list, got a mapping with goss',
  },
  {
    what: 'a Windows verifier for Linux',
    yaml: `${base}\nverify:\n  suites:\n    - pester: verify/goss.yaml\n`,
    at: '4:7',
    says: 'expected a verifier for linux, got pester',
  },
  {
    what: 'a version of Pester that is too old',
    yaml: 'os: windows\ncloud: aws\nbase: { amiId: ami-12345678 }\nverify:\n  suites:\n    - pester: verify/goss.yaml\n      version: "4.10"\n',
    at: '7:16',
    says: 'to be a version of Pester from 5.0 on, such as "5.9.1" or "6", in quotes, got "4.10"',
  },
  {
    what: 'a Linux verifier for Windows',
    yaml: 'os: windows\nbase: { family: other }\nverify:\n  suites:\n    - goss: verify/goss.yaml\n',
    at: '5:7',
    says: 'expected a verifier for windows, got goss',
  },
  {
    what: 'Debian as a Windows base',
    yaml: `os: windows\n${base}\n`,
    at: '2:17',
    says: 'expected a base that can run windows, got debian',
  },
  {
    what: 'a Windows family that logs in by key',
    yaml: 'os: windows\nbase: { family: other }\nlogin: { by: credential }\n',
    at: '3:14',
    says: 'expected password or cloud-init for a Windows family, got credential',
  },
  {
    what: 'Mitogen on Windows',
    yaml: 'os: windows\nbase: { family: other }\nconfigure: { strategy: mitogen }\n',
    at: '3:24',
    says: 'expected linear for a Windows family',
  },
  { what: 'PSRP on Linux', yaml: `${base}\nlogin: { transport: psrp }\n`, at: '2:21', says: 'expected ssh for a Linux family, got psrp' },
  {
    what: 'a secret in clear',
    yaml: `${base}\nconfigure:\n  secrets:\n    token: hunter2\n`,
    at: '4:12',
    says: 'expected configure.secrets.token to be a mapping with one of the keys env, file, got "hunter2"',
  },
  {
    what: 'a secret from a malformed variable',
    yaml: `${base}\nconfigure:\n  secrets:\n    token: { env: "A B" }\n`,
    at: '4:19',
    says: 'expected configure.secrets.token.env to be the name of an environment variable, got "A B"',
  },
  {
    what: 'a secret that is a variable too',
    yaml: `${base}\nconfigure:\n  variables: { token: x }\n  secrets:\n    token: { env: TOKEN }\n`,
    at: '5:5',
    says: 'expected each variable once, got "token" in configure.variables too',
  },
  {
    what: 'a variable that Ansible refuses',
    yaml: `${base}\nconfigure:\n  variables:\n    my-port: 80\n`,
    at: '4:5',
    says: 'expected each key of configure.variables to be the name of an Ansible variable: letters, digits and _, got "my-port"',
  },
  {
    what: 'a key of configure at the top',
    yaml: `${base}\nvariables: { port: 80 }\n`,
    at: '2:1',
    says: 'got "variables"',
    hint: 'did you mean configure.variables?',
  },
  {
    what: 'the name of a family as base',
    yaml: 'base: other\n',
    at: '1:7',
    says: 'got "other"',
    hint: 'for example {family: other}',
  },
  {
    what: 'two bases',
    yaml: 'base: { family: other, debian: bookworm }\n',
    at: '1:7',
    says: 'got debian and family together',
    hint: 'keep one of debian, family',
  },
  { what: 'a yes', yaml: `${base}\nverify: { reboot: yes }\n`, at: '2:19', says: 'got "yes"', hint: 'write true' },
  {
    what: 'a mistyped file',
    yaml: `${base}\nverify: { suites: [{ goss: verify/gos.yaml }] }\n`,
    at: '2:28',
    says: 'got verify/gos.yaml, which does not exist',
    hint: 'did you mean "verify/goss.yaml"?',
  },
  {
    what: 'a missing file of variables for goss',
    yaml: `${base}\nverify: { suites: [{ goss: verify/goss.yaml, variables: [vars.yml, { a: 1 }] }] }\n`,
    at: '2:58',
    says: 'to be a file in the family folder, got vars.yml, which does not exist',
  },
  {
    what: 'variables for goss that are a number',
    yaml: `${base}\nverify: { suites: [{ goss: verify/goss.yaml, variables: 3 }] }\n`,
    at: '2:57',
    says: 'a mapping, a path relative to the family folder, or a list of a path and a mapping, got',
  },
  {
    what: 'a suite by URL',
    yaml: `${base}\nverify: { suites: [{ inspec: "https://example.com/profile.git" }] }\n`,
    at: '2:30',
    says: 'to be a file or folder in the family folder, got a URL',
    hint: 'download it into the family folder',
  },
  {
    what: 'a list of instance types with a mistake',
    yaml: `${base}\naws: { instanceType: [t3.small, large] }\n`,
    at: '2:33',
    says: 'expected aws.instanceType',
  },
  {
    what: 'zones of the default VPC, and a subnet',
    yaml: `${base}\naws: { zones: [eu-central-1a], subnetId: subnet-12345678 }\n`,
    at: '2:8',
    says: 'expected aws.subnetId or aws.zones, got both',
  },
  {
    what: 'a wrong kind of connection',
    yaml: `${base}\naws: { reach: bastion }\n`,
    at: '2:15',
    says: 'expected aws.reach to be ssh or ssm, or a mapping with one of the keys bastion (with ingress), private, proxyCommand, got "bastion"',
  },
  {
    what: 'an image that is shared without a KMS key',
    yaml: `${base}\naws:\n  share: { accounts: ["123456789012"] }\n`,
    at: '3:3',
    says: 'expected aws.kmsKeyId to be a KMS key of this account, because aws.share is set, got nothing',
    hint: 'create a KMS key and set aws.kmsKeyId: an image that is encrypted with the default key of AWS cannot be shared',
  },
  {
    what: 'an image that is shared with the default key of AWS',
    yaml: `${base}\naws: { kmsKeyId: alias/aws/ebs, share: { accounts: ["123456789012"] } }\n`,
    at: '2:8',
    says: 'got alias/aws/ebs',
  },
  {
    what: 'a copy that is shared without a KMS key',
    yaml: `${base}\naws: { kmsKeyId: alias/mine, share: { accounts: ["123456789012"] }, regions: { eu-west-1: {} } }\n`,
    at: '2:80',
    says: 'expected aws.regions.eu-west-1.kmsKeyId to be a KMS key',
  },
  {
    what: 'copies without accounts',
    yaml: `${base}\naws: { share: { copy: true } }\n`,
    at: '2:17',
    says: 'expected aws.share.accounts, because aws.share.copy is set, got none',
  },
  {
    what: 'a volume type without its operations',
    yaml: `${base}\naws: { disks: [{ device: /dev/sdf, size: 10, type: io2 }] }\n`,
    at: '2:16',
    says: 'expected aws.disks[0].iops, because io2 volumes have no default, got nothing',
  },
  {
    what: 'a tag of Bakehouse',
    yaml: `${base}\naws: { tags: { "bakehouse:tool": mine } }\n`,
    at: '2:16',
    says: 'expected each key of aws.tags to be a tag key that does not start with aws: or bakehouse:',
  },
  { what: 'a key given twice', yaml: `${base}\nos: linux\nos: windows\n`, at: '3:1', says: 'expected each key once, got "os" again' },
  { what: 'a tab as indentation', yaml: `${base}\nmachine:\n\tcpus: 2\n`, at: '3:1', says: 'expected spaces as indentation, got a tab' },
  { what: 'two documents', yaml: `${base}\n---\n${base}\n`, at: '2:1', says: 'expected one document, got a second one' },
  { what: 'a list as key', yaml: `${base}\n? [a]\n: 1\n`, at: '2:3', says: 'expected a text as key' },
  { what: 'a tag', yaml: `${base}\ndescription: !secret x\n`, at: '2:14', says: 'expected a plain value, got the tag !secret' },
  {
    what: 'an alias',
    yaml: `${base}\nconfigure:\n  variables:\n    a: &a [1]\n    b: *a\n`,
    at: '5:8',
    says: 'expected a value, got the alias *a',
  },
  {
    what: 'an alias to itself',
    yaml: `${base}\nconfigure:\n  variables: &v\n    a: *v\n`,
    at: '4:8',
    says: 'expected a value, got the alias *v',
  },
  { what: 'an alias to nothing', yaml: `${base}\ndescription: *gone\n`, at: '2:14', says: 'gone' },
  { what: 'an unclosed bracket', yaml: 'base: { debian: bookworm\n', at: '1:25', says: 'expected a closing }' },
  { what: 'an unclosed quote', yaml: `${base}\ndescription: "never\n`, at: '3:1', says: 'expected valid YAML' },
  { what: 'wrong indentation', yaml: `${base}\nmachine:\n  cpus: 2\n memory: 512\n`, at: '4:1', says: 'expected valid YAML' },
  {
    what: 'a byte that is not UTF-8',
    yaml: Buffer.from([...Buffer.from(`${base}\ndescription: a`), 0xff, 0x0a]),
    at: '2:15',
    says: 'expected UTF-8 text',
  },
  { what: 'a disk image in its place', yaml: Buffer.alloc(64), at: '1:1', says: 'expected UTF-8 text' },
  { what: 'a file of megabytes', yaml: `# ${'x'.repeat(1024 * 1024)}\n`, at: '1:1', says: 'expected at most 1 MiB' },
  { what: 'ten thousand levels', yaml: `base: ${'['.repeat(10_000)}\n`, at: '1:', says: 'expected' },
  { what: 'Windows line ends', yaml: `${base}\r\nmachine:\r\n  cpus: two\r\n`, at: '3:9', says: 'got "two"' },
  { what: 'a byte order mark', yaml: `\uFEFF${base}\nmachine:\n  cpus: two\n`, at: '3:9', says: 'got "two"' },
]

describe('a malformed family.yaml', () => {
  test.each(variants)('is an error with the place and what was expected: $what', async ({ yaml, at, says, hint }) => {
    using project = makeProject({ ...familyFiles('other', `${base}\n`), ...familyFiles('broken', yaml) })
    const error = await readFamily('broken').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UsageError)
    const { message, hint: given, exitCode } = error as UsageError
    expect(exitCode).toBe(2)
    expect(message.startsWith(`${join(project.folder, 'playbooks/broken/family.yaml')}:${at}`)).toBe(true)
    expect(message).toContain(says)
    expect(message).toMatch(/:\d+:\d+: expected .*(got|, got:) /s)
    if (hint) expect(given).toBe(hint)
    expect(existsSync(join(project.folder, '.bakehouse'))).toBe(false)
  })

  test('reports each hint below its problem when there are several', async () => {
    using _project = makeProject(familyFiles('broken', `${base}\nplaybok: x\nverify: { suits: [] }\n`))
    const error = (await readFamily('broken').catch((thrown: unknown) => thrown)) as UsageError
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/:2:1: .*got "playbok"$/),
      'hint: did you mean configure.playbook?',
      expect.stringMatching(/:3:11: .*got "suits"$/),
      'hint: did you mean "suites"?',
    ])
    expect(error.hint).toBeUndefined()
  })

  test('reports all problems in the order of the lines', async () => {
    using _project = makeProject(familyFiles('broken', 'os: macos\nbase: {}\nmachine: { cpus: 0 }\nextra: 1\n'))
    const error = (await readFamily('broken').catch((thrown: unknown) => thrown)) as UsageError
    expect(error.message.split('\n').flatMap((line) => /family\.yaml:(\d+)/.exec(line)?.[1] ?? [])).toEqual(['1', '2', '3', '4'])
  })
})
