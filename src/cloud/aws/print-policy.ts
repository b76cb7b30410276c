import { printJson } from '../../core/output.ts'
import { policyProgram } from '../../core/program.ts'
import { runSmallProgram } from '../../core/small-program.ts'
import { bakePolicy } from './policy.ts'

process.exitCode = await runSmallProgram(
  {
    command: policyProgram,
    describe: 'Prints the minimal IAM policy for builds on EC2 as JSON, for aws iam create-policy --policy-document.',
    options: {
      family: { value: '<name>', describe: 'The only family whose SSM parameter and state may be written  [default: every family]' },
      state: { value: '<URL>', describe: 'State backend in a bucket, s3://…  [default: none, the policy has no permissions for a bucket]' },
      artifacts: { value: '<URL>', describe: 'BAKEHOUSE_ARTIFACTS of the builds, if it is a bucket  [default: a folder beside the state]' },
      partition: { value: '<name>', describe: 'Partition of AWS: aws, aws-cn or aws-us-gov  [default: aws]' },
    },
    examples: [
      ['', 'the policy for every family'],
      ['--family linux-base --state s3://my-bucket', 'the policy for one family with its state'],
    ],
    run: async ({ options }) => {
      printJson(bakePolicy({ partition: 'aws', ...options }))
      return 0
    },
  },
  process.argv.slice(2),
)
