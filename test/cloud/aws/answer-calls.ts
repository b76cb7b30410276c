import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { EC2Client } from '@aws-sdk/client-ec2'
import { KMSClient } from '@aws-sdk/client-kms'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { vi } from 'vitest'

/** Answers to calls of AWS by action, from the input of the call and its region. */
export type Answers = Readonly<Record<string, (input: never, region: string) => object>>

interface Sender {
  readonly config: { region(): Promise<string> }
}

/** Answers all calls of the SDK, in place of the network. Returns the list of the calls, which grows: `region:Action` and the input. */
export function answerCalls(answers: Answers): readonly (readonly [call: string, input: object])[] {
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  const calls: [string, object][] = []
  async function send(this: Sender, command: object): Promise<object> {
    const { input } = command as { input: object }
    const action = command.constructor.name.replace(/Command$/, '')
    const region = await this.config.region()
    calls.push([`${region}:${action}`, input])
    const answer = answers[action]
    if (!answer) throw new Error(`the test has no answer to ${action}`)
    return answer(input as never, region)
  }
  for (const client of [EC2Client, KMSClient, SSMClient, STSClient, AutoScalingClient, ServiceQuotasClient]) {
    vi.spyOn(client.prototype as unknown as { send: typeof send }, 'send').mockImplementation(send)
  }
  return calls
}

/** An error of AWS with this code, to be thrown by an answer. */
export function awsError(name: string, message = name): Error {
  return Object.assign(new Error(message), { name })
}
