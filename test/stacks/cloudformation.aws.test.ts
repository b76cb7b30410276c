import { DescribeLaunchTemplateVersionsCommand, DescribeSubnetsCommand, EC2Client, RegisterImageCommand } from '@aws-sdk/client-ec2'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { expect, test } from 'vitest'
import { deploy, parametersOf } from '../../stacks/cloudformation/deploy.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'

withMoto()

async function publish(family: string): Promise<string> {
  const { ImageId = '' } = await new EC2Client({}).send(new RegisterImageCommand({ Name: family }))
  await new SSMClient({}).send(new PutParameterCommand({ Name: `/bakehouse/${family}/latest`, Type: 'String', Value: ImageId }))
  return ImageId
}

test('the stack uses the image in the parameter of a family, and an update uses that of another parameter', async () => {
  const first = await publish('linux-base')
  const { Subnets } = await new EC2Client({}).send(new DescribeSubnetsCommand({}))
  const parameters = { Subnets: Subnets?.[0]?.SubnetId ?? '', Size: '1', InstanceType: 't3.micro' }
  const made = await deploy({ stackName: 'web', parameters }, 50)
  expect(made).toMatchObject({ changed: true, outputs: { Image: first } })

  // Unlike AWS, the API server updates nothing if only the value of a parameter has changed. So the test uses another parameter.
  const second = await publish('linux-web')
  const updated = await deploy({ stackName: 'web', parameters: { ...parameters, Image: '/bakehouse/linux-web/latest' } }, 50)
  expect(updated.outputs.Image).toBe(second)
  const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: updated.outputs.Template, Versions: ['$Latest'] })
  const { LaunchTemplateVersions } = await new EC2Client({}).send(query)
  expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId).toBe(second)
})

test('an update keeps settings that are not given, and passes the name of an SSM parameter again', () => {
  const found = {
    StackName: 'web',
    StackStatus: undefined,
    CreationTime: undefined,
    Parameters: [
      { ParameterKey: 'Size' },
      { ParameterKey: 'InstanceType' },
      { ParameterKey: 'Image', ParameterValue: '/bakehouse/web/latest', ResolvedValue: 'ami-1' },
    ],
  }
  expect(parametersOf({ stackName: 'web', parameters: { Size: '3' } }, found)).toEqual([
    { ParameterKey: 'Size', ParameterValue: '3' },
    { ParameterKey: 'InstanceType', UsePreviousValue: true },
    { ParameterKey: 'Image', ParameterValue: '/bakehouse/web/latest' },
  ])
})
