import { DescribeInstancesCommand, EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2'

// Stops the base instance as sealing would, for tests in which instances have no machines.
const client = new EC2Client({ maxAttempts: 12 })
const hosts = JSON.parse(process.env.BAKEHOUSE_HOSTS ?? '[]') as { instanceId: string }[]
for (const { instanceId } of hosts) {
  for (let state = ''; state !== 'stopped'; ) {
    try {
      await client.send(new StopInstancesCommand({ InstanceIds: [instanceId] }))
      const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }))
      state = Reservations?.[0]?.Instances?.[0]?.State?.Name ?? ''
    } catch (error) {
      if (!String((error as Error).name).includes('NotFound')) throw error
    }
  }
}
