import { type InstanceTypeInfo, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas'
import { MissingError } from '../../core/errors.ts'
import { ask, clients } from './clients.ts'

/** The quota of running on-demand standard instances, in vCPUs. */
const standardQuota = 'L-1216C47A'
const standardTypes = /^[acdhimrtz]/

/**
 * Checks standard instance types only: other types have other quotas. If the quota cannot be read, the check is skipped. Of several types,
 * the first one must be possible.
 */
export async function checkQuota([type]: readonly InstanceTypeInfo[], instances: number): Promise<void> {
  if (type === undefined || !standardTypes.test(type.InstanceType ?? '')) return
  const quota = await findQuota()
  if (quota === undefined) return
  const needed = (type.VCpuInfo?.DefaultVCpus ?? 1) * instances
  const used = await usedProcessors()
  if (used + needed <= quota) return
  throw new MissingError(`The quota is ${quota} vCPUs, ${used} are in use, and a build needs ${needed}`, {
    hint: `request a higher quota: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${standardQuota} --desired-value ${used + needed}`,
  })
}

async function findQuota(): Promise<number | undefined> {
  const query = new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: standardQuota })
  const answer = await clients
    .quotas()
    .send(query)
    .catch(() => undefined)
  return answer?.Quota?.Value
}

async function usedProcessors(): Promise<number> {
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }]
  return ask('to read instances', async () => {
    let used = 0
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: clients.ec2() }, { Filters })) {
      for (const { InstanceType, InstanceLifecycle, CpuOptions } of Reservations.flatMap(({ Instances }) => Instances ?? [])) {
        const counts = standardTypes.test(InstanceType ?? '') && InstanceLifecycle !== 'spot'
        if (counts) used += (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1)
      }
    }
    return used
  })
}
