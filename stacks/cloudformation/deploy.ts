import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  type Parameter,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation'
import { ask, findRegion } from '../../src/cloud/aws/clients.ts'
import { RejectedError, UsageError } from '../../src/core/errors.ts'
import { print } from '../../src/core/output.ts'
import { requestHandler } from '../../src/core/request-handler.ts'
import { runSmallProgram, type SmallProgram } from '../../src/core/small-program.ts'

/** Settings of a stack. */
export interface DeployRequest {
  readonly stackName: string
  /** Values of the template parameters, by name. On an update, other parameters keep their values. */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * Creates or updates the stack. CloudFormation then reads the SSM parameter of the family. Returns the outputs of the stack; `changed` is
 * false if nothing changed. Throws if CloudFormation rolled back.
 */
export async function deploy(request: DeployRequest, pauseMs = 5_000): Promise<{ changed: boolean; outputs: Record<string, string> }> {
  const client = new CloudFormationClient({ maxAttempts: 12, requestHandler })
  const { stackName: StackName } = request
  const found = await findStack(client, StackName)
  const input = { StackName, TemplateBody: readFileSync(join(import.meta.dirname, 'template.yaml'), 'utf8') }
  const Parameters = parametersOf(request, found)
  let changed = true
  try {
    if (found) await client.send(new UpdateStackCommand({ ...input, Parameters }))
    else await client.send(new CreateStackCommand({ ...input, Parameters, OnFailure: 'DELETE' }))
  } catch (error) {
    if (!/No updates are to be performed/.test(String(error))) throw error
    changed = false
  }
  const stack = await waitForEnd(client, StackName, pauseMs)
  return { changed, outputs: Object.fromEntries((stack.Outputs ?? []).map((output) => [output.OutputKey ?? '', output.OutputValue ?? ''])) }
}

/**
 * The given values, and the previous values of all other parameters. The previous value of an SSM parameter is its name: CloudFormation
 * reads its value again in each update.
 */
export function parametersOf({ parameters }: DeployRequest, found: Stack | undefined): Parameter[] {
  const given = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }))
  const kept = (found?.Parameters ?? []).filter(({ ParameterKey = '' }) => !(ParameterKey in parameters))
  return [
    ...given,
    ...kept.map(({ ParameterKey, ParameterValue, ResolvedValue }) =>
      ResolvedValue === undefined ? { ParameterKey, UsePreviousValue: true } : { ParameterKey, ParameterValue },
    ),
  ]
}

async function findStack(client: CloudFormationClient, StackName: string): Promise<Stack | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]
  } catch (error) {
    if (/does not exist/.test(String(error))) return undefined
    throw error
  }
}

async function waitForEnd(client: CloudFormationClient, StackName: string, pauseMs: number): Promise<Stack> {
  for (;;) {
    const stack = await findStack(client, StackName)
    const status = stack?.StackStatus ?? 'gone'
    if (stack && /^(CREATE|UPDATE)_COMPLETE$/.test(status)) return stack
    if (!/_IN_PROGRESS$/.test(status))
      throw new RejectedError(`stack ${StackName} failed (${status}): ${stack?.StackStatusReason ?? 'no reason given'}`, {
        hint: `read its events: aws cloudformation describe-stack-events --stack-name ${StackName}`,
      })
    await sleep(pauseMs)
  }
}

const program: SmallProgram = {
  command: 'node stacks/cloudformation/deploy.ts',
  describe: 'Creates or updates a CloudFormation stack from template.yaml. CloudFormation uses the latest good image of the family.',
  words: [{ name: 'stack', describe: 'name of the stack: letters, digits and dashes' }],
  rest: [
    '[parameter=value…]',
    'parameters of the template: Image, InstanceType, Subnets, Size; on an update, the others keep their values',
  ],
  examples: [
    ['web Image=/bakehouse/linux-base/latest Subnets=subnet-…,subnet-…', 'create the stack'],
    ['web', 'update it to the newest image'],
  ],
  run: async ({ words: [stackName = ''], rest }) => {
    const request = parseRequest(stackName, rest)
    await findRegion()
    const { changed, outputs } = await ask(`to deploy the stack ${stackName}`, () => deploy(request))
    print(`${stackName} ${changed ? 'is updated' : 'was up to date'}: image ${outputs.Image}`)
    return 0
  },
}

function parseRequest(stackName: string, settings: readonly string[]): DeployRequest {
  const help = { hint: `${program.command} --help` }
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(stackName)) {
    throw new UsageError(`Expected the name of a stack: letters, digits and dashes, got "${stackName}"`, help)
  }
  const parameters = settings.map((setting): [string, string] => {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/s.exec(setting) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`Expected parameter=value, got "${setting}"`, help)
    return [name, value]
  })
  return { stackName, parameters: Object.fromEntries(parameters) }
}

if (import.meta.main) process.exitCode = await runSmallProgram(program, process.argv.slice(2))
