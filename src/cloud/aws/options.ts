import { z } from 'zod'
import { expectations, matching, text } from '../../core/schema.ts'
import type { CloudSection } from '../descriptor.ts'
import { checkPlaces } from './check-places.ts'
import { checkSharing } from './check-sharing.ts'
import { checkVolumes } from './check-volumes.ts'
import { tagKey } from './tags.ts'

const bases = {
  ami: z
    .strictObject({
      ami: z
        .strictObject({
          owners: z
            .array(text)
            .min(1)
            .register(expectations, { expected: 'a list of at least one owner: account numbers or aliases' })
            .describe('Accounts that may own the image: numbers in quotes, or aliases such as amazon.'),
          name: text.describe('Name of the image; * matches any text, for example debian-12-amd64-*.'),
          architecture: z.enum(['x86_64', 'arm64']).default('x86_64').describe('CPU architecture of the image.'),
        })
        .describe('How to find the image.'),
    })
    .describe('The newest image with this name that one of these owners has published (EC2).'),
  amiId: z
    .strictObject({ amiId: matching(/^ami-[0-9a-f]{8,17}$/, 'an image id: ami-…').describe('ID of the image in the region of the build.') })
    .describe('One fixed image (EC2).'),
  parameter: z
    .strictObject({
      parameter: matching(/^\/([\w./-]|\{\{\s*\w+\s*\}\})+$/, 'the path of an SSM parameter, starting with /').describe(
        'Path of the parameter. {{ name }} is replaced with that variable of configure.variables.',
      ),
    })
    .describe('The image whose ID is in this SSM parameter (EC2). AWS publishes such parameters for its own images.'),
}

/** The value becomes part of a shell command: it can contain no special character and cannot be an option. */
const bastionPattern = /^(\w[\w.-]*@)?(\w[\w.-]*|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/

const ingress = matching(/^\d{1,3}(\.\d{1,3}){3}\/(2[4-9]|3[0-2])$/, 'an IPv4 range of 256 addresses at most, such as 10.0.0.5/32')
/** One text, or a list of at least one. */
function oneOrMore(pattern: RegExp, expected: string) {
  const one = matching(pattern, expected)
  return z.union([one, z.array(one).min(1)]).register(expectations, { expected: `${expected}, or a list of them` })
}
const allowed = ingress.describe('Addresses that may connect to the machines, for example 10.0.0.5/32.')
const key = { kmsKeyId: text.optional().describe('KMS key that encrypts the image in this region: ID, ARN or alias.') }
const account = matching(/^\d{12}$/, 'an account: 12 digits in quotes')
const volume = {
  type: z
    .enum(['gp3', 'gp2', 'io1', 'io2', 'st1', 'sc1'])
    .optional()
    .describe('Type of the volume. Default: that of the base image, or gp3.'),
  iops: z.int().min(100).max(256_000).optional().describe('Operations per second of the volume (gp3, io1, io2).'),
  throughput: z.int().min(125).max(2000).optional().describe('Throughput of the volume in MiB/s (gp3).'),
}
const organization = matching(/^arn:aws[a-z-]*:organizations::/, 'the ARN of an organization or of an organizational unit')
const options = z
  .strictObject({
    instanceType: oneOrMore(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an instance type such as t3.small')
      .default('t3.small')
      .describe('Instance type of the machines of a build, or a list: if EC2 has no capacity for a type, the next one is tried.'),
    subnetId: oneOrMore(/^subnet-[0-9a-f]{8,17}$/, 'a subnet id: subnet-…')
      .optional()
      .describe(
        'Subnet of the machines, or a list of subnets of one VPC that are tried in this order. Default: a subnet of the default VPC.',
      ),
    zones: z
      .array(matching(/^[a-z]{2,4}(-[a-z]+)+-\d[a-z]$/, 'an availability zone such as eu-central-1a'))
      .min(1)
      .register(expectations, { expected: 'a list of at least one availability zone' })
      .optional()
      .describe('Availability zones of the default VPC that are tried in this order. Default: EC2 chooses one.'),
    spot: z
      .union([z.boolean(), z.literal('all')])
      .register(expectations, { expected: 'true, false or all' })
      .optional()
      .describe(
        'Use a spot instance for the build machine; `all`: also for the machines that test the image. They can be interrupted. Default: false.',
      ),
    instanceProfile: text.optional().describe('Instance profile of the machines. Required for `reach: ssm`.'),
    reach: z
      .union([
        z.enum(['ssh', 'ssm']),
        z.strictObject({
          bastion: matching(bastionPattern, 'a bastion as [user@]host[:port]').describe(
            'Jump host, as [user@]host[:port]. Your own ssh settings apply to it.',
          ),
          ingress: allowed,
        }),
        z.strictObject({
          private: ingress.describe(
            'The private address of the machine, over a VPN or from the same network. The addresses that may connect, for example 10.0.0.5/32.',
          ),
        }),
        z.strictObject({
          proxyCommand: text.describe('Command that connects, as ProxyCommand in ssh_config: %h is the host, %p the port.'),
          ingress: allowed.optional(),
        }),
      ])
      .default('ssh')
      .describe(
        'How to connect to the machines: `ssh` (only from the public address of this computer), `ssm` (AWS Session Manager, no open port), at the private address, through a bastion, or with a proxy command.',
      ),
    tags: z
      .record(matching(tagKey, 'a tag key that does not start with aws: or bakehouse:'), text)
      .optional()
      .describe('Tags for everything that a build creates, for example those that your organization requires.'),
    volume: z
      .strictObject(volume)
      .optional()
      .describe('Type and performance of the root volume. `machine.disk` sets its size, if it is larger than the base image.'),
    disks: z
      .array(
        z.strictObject({
          device: matching(/^(\/dev\/(sd|xvd)[a-z][0-9]?|xvd[a-z]{1,2})$/, 'a device name such as /dev/sdf').describe(
            'Device name, for example /dev/sdf.',
          ),
          size: z.int().min(1).max(65_536).describe('Size in GiB.'),
          ...volume,
        }),
      )
      .optional()
      .describe('Further volumes of the base machine. They become part of the image.'),
    ...key,
    regions: z
      .record(matching(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'a region such as eu-west-1'), z.strictObject(key))
      .default({})
      .describe('Further regions that get a copy of the promoted image.'),
    share: z
      .strictObject({
        accounts: z.array(account).default([]).describe('Account numbers, in quotes.'),
        organizations: z.array(organization).default([]).describe('ARNs of organizations or organizational units.'),
        copy: z
          .boolean()
          .optional()
          .describe('Let the accounts also copy the image: shares its snapshots with them. EC2 cannot share snapshots with organizations.'),
      })
      .prefault({})
      .describe(
        'Others that may launch the promoted image. Requires `kmsKeyId`: an image that is encrypted with the default key of AWS cannot be shared.',
      ),
    deprecateAfterDays: z
      .int()
      .min(1)
      .max(3650)
      .optional()
      .describe('Days until EC2 marks the image as deprecated. It can still be launched by ID.'),
    protect: z.boolean().default(true).describe('Protect the promoted image from being deregistered.'),
    watermark: z
      .boolean()
      .default(false)
      .describe('Attach a watermark to the image after it has passed its tests. Accounts can require it with their Allowed AMIs setting.'),
  })
  .describe('Options for builds on EC2.')

/** The additions of EC2 to the schema of `family.yaml`: its kinds of base images, and the section `aws`. */
export const section = {
  bases,
  options,
  check: (given) => [...checkSharing(given as AwsOptions), ...checkVolumes(given as AwsOptions), ...checkPlaces(given as AwsOptions)],
} satisfies CloudSection

/** The section `aws` of a family. */
export type AwsOptions = z.output<typeof options>

/** A base image on EC2, by its kind. */
export type AwsBase =
  | ({ readonly kind: 'ami' } & z.output<typeof bases.ami>)
  | ({ readonly kind: 'amiId' } & z.output<typeof bases.amiId>)
  | ({ readonly kind: 'parameter' } & z.output<typeof bases.parameter>)
  | { readonly kind: 'family' }
