import { z } from 'zod'
import { expectations, matching, text } from '../../core/schema.ts'
import type { CloudSection } from '../descriptor.ts'

const bases = {
  ami: z
    .strictObject({
      ami: z.strictObject({
        owners: z.array(text).min(1).register(expectations, { expected: 'a list of at least one owner: account numbers or aliases' }),
        name: text,
        architecture: z.enum(['x86_64', 'arm64']).default('x86_64'),
      }),
    })
    .describe('The newest image of these owners by name pattern (EC2).'),
  amiId: z.strictObject({ amiId: matching(/^ami-[0-9a-f]{8,17}$/, 'an image id: ami-…') }).describe('One fixed image (EC2).'),
  parameter: z
    .strictObject({ parameter: matching(/^\/([\w./-]|\{\{\s*\w+\s*\}\})+$/, 'the path of an SSM parameter, starting with /') })
    .describe('A public SSM parameter that holds an image id (EC2). {{ name }} stands for a variable of configure.variables.'),
}

/** A part of a command line that a shell reads: nothing in it means anything to one, and it is no option. */
const bastionPattern = /^(\w[\w.-]*@)?(\w[\w.-]*|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/

const ingress = matching(/^\d{1,3}(\.\d{1,3}){3}\/(2[4-9]|3[0-2])$/, 'an IPv4 range of 256 addresses at most, such as 10.0.0.5/32')
const key = { kmsKeyId: text.optional().describe('A KMS key of that region: id, ARN or alias.') }
const options = z
  .strictObject({
    instanceType: matching(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an instance type such as t3.small').default('t3.small'),
    subnetId: matching(/^subnet-[0-9a-f]{8,17}$/, 'a subnet id: subnet-…')
      .optional()
      .describe('Without it, the default VPC.'),
    instanceProfile: text.optional().describe('Needed where machines are reached through Session Manager.'),
    reach: z
      .union([
        z.enum(['ssh', 'ssm']),
        z.strictObject({
          bastion: matching(bastionPattern, 'a bastion as [user@]host[:port]').describe(
            '[user@]host[:port], reached with your own ssh settings.',
          ),
          ingress,
        }),
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

/** What EC2 adds to `family.yaml`: its kinds of base, and the section `aws`. */
export const section = { bases, options } satisfies CloudSection

export type AwsOptions = z.output<typeof options>

export type AwsBase =
  | ({ readonly kind: 'ami' } & z.output<typeof bases.ami>)
  | ({ readonly kind: 'amiId' } & z.output<typeof bases.amiId>)
  | ({ readonly kind: 'parameter' } & z.output<typeof bases.parameter>)
  | { readonly kind: 'family' }
