import { DescribeLaunchTemplateVersionsCommand, DescribeSubnetsCommand, EC2Client, RegisterImageCommand } from '@aws-sdk/client-ec2'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { expect, test } from 'vitest'
import { deploy, parametersOf } from '../../stacks/cloudformation/deploy.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'

withMoto()

async function publish(name: string, Overwrite: boolean): Promise<string> {
  const { ImageId = '' } = await new EC2Client({}).send(new RegisterImageCommand({ Name: name }))
  const value = { Name: '/bakehouse/linux-base/latest', Type: 'String', Value: ImageId, Overwrite } as const
  await new SSMClient({}).send(new PutParameterCommand(value))
  return ImageId
}

test('an update of the stack takes the image that the parameter of the family holds now', async () => {
  const first = await publish('linux-base-1', false)
  const { Subnets } = await new EC2Client({}).send(new DescribeSubnetsCommand({}))
  const parameters = { Subnets: Subnets?.[0]?.SubnetId ?? '', Size: '1' }
  const made = await deploy({ stackName: 'web', parameters }, 50)
  expect(made).toMatchObject({ changed: true, outputs: { Image: first } })

  const second = await publish('linux-base-2', true)
  const updated = await deploy({ stackName: 'web', parameters: {} }, 50)
  expect(updated.outputs.Image).toBe(second)
  const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: updated.outputs.Template, Versions: ['$Latest'] })
  const { LaunchTemplateVersions } = await new EC2Client({}).send(query)
  expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId).toBe(second)
}, 60_000)

test('settings that are not given stay as they were', () => {
  const found = {
    StackName: 'web',
    StackStatus: undefined,
    CreationTime: undefined,
    Parameters: [{ ParameterKey: 'Size' }, { ParameterKey: 'Image' }],
  }
  expect(parametersOf({ stackName: 'web', parameters: { Size: '3' } }, found)).toEqual([
    { ParameterKey: 'Size', ParameterValue: '3' },
    { ParameterKey: 'Image', UsePreviousValue: true },
  ])
})
