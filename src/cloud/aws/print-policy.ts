import { printJson } from '../../core/output.ts'
import { policyCommand } from '../../core/program.ts'
import { runSmallProgram } from '../../core/small-program.ts'
import { bakePolicy } from './policy.ts'

process.exitCode = await runSmallProgram(
  {
    command: `${policyCommand} --`,
    describe: 'Prints the minimal IAM policy for builds on EC2 as JSON, for aws iam create-policy --policy-document.',
    options: {
      family: { value: '<name>', describe: 'The only family whose SSM parameter may be written  [default: every family]' },
      partition: { value: '<name>', describe: 'Partition of AWS: aws, aws-cn or aws-us-gov  [default: aws]' },
    },
    examples: [
      ['', 'the policy for every family'],
      ['--family linux-base', 'the policy for one family'],
    ],
    run: async ({ options }) => {
      printJson(bakePolicy({ partition: 'aws', ...options }))
      return 0
    },
  },
  process.argv.slice(2),
)
