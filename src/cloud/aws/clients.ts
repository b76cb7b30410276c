import { setTimeout as sleep } from 'node:timers/promises'
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { EC2Client } from '@aws-sdk/client-ec2'
import { KMSClient } from '@aws-sdk/client-kms'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { defined } from '../../core/defined.ts'
import { MissingError } from '../../core/errors.ts'
import { readToolVersion } from '../../core/program.ts'
import { requestHandler } from '../../core/request-handler.ts'
import { findAttempts } from './attempts.ts'
import { findRefusal, isNotFoundYet, lacksCapacity } from './errors.ts'

/** A client of the service, created once per region. Profile, endpoint and credentials come from the environment. */
export const clients = {
  ec2: cached((config) => withoutRetriesOfCapacity(new EC2Client(config))),
  kms: cached((config) => new KMSClient(config)),
  ssm: cached((config) => new SSMClient(config)),
  sts: cached((config) => new STSClient(config)),
  quotas: cached((config) => new ServiceQuotasClient(config)),
  autoScaling: cached((config) => new AutoScalingClient(config)),
}

/** The region of the environment. Throws MissingError if none is set. */
export async function findRegion(): Promise<string> {
  try {
    return await clients.ec2().config.region()
  } catch (cause) {
    throw new MissingError('No AWS region is set', { hint: 'set AWS_REGION, or the region of the profile in AWS_PROFILE', cause })
  }
}

/** Runs a call. Throws MissingError if the credentials or permissions do not allow it. */
export async function ask<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw findRefusal(error, what) ?? error
  }
}

/** The same for a resource that was just created. EC2 may not know it yet: NotFound is retried for up to 2 minutes. */
export async function retryUntilFound<T>(what: string, call: () => Promise<T>, pauseMs = 1_000): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(what, call)
    } catch (error) {
      if (!isNotFoundYet(error) || attempt * pauseMs > 120_000) throw error
      await sleep(pauseMs)
    }
  }
}

/** EC2 reports missing capacity with the status 500, which the SDK tries again for minutes. The caller tries another place instead. */
function withoutRetriesOfCapacity(client: EC2Client): EC2Client {
  client.middlewareStack.add(
    (next) => async (call) => {
      try {
        return await next(call)
      } catch (error) {
        const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
        if (lacksCapacity(error) && $metadata) $metadata.httpStatusCode = 400
        throw error
      }
    },
    { step: 'deserialize', name: 'withoutRetriesOfCapacity', priority: 'high' },
  )
  return client
}

interface Config {
  readonly region?: string
  readonly maxAttempts?: number
  readonly requestHandler: typeof requestHandler
  readonly customUserAgent: [name: string, version: string][]
}

function cached<Client>(make: (config: Config) => Client): (region?: string) => Client {
  const made = new Map<string, Client>()
  return (region = '') => {
    const found = made.get(region)
    if (found) return found
    const client = make({
      requestHandler,
      // CloudTrail shows who made a call.
      customUserAgent: [['bakehouse', readToolVersion()]],
      maxAttempts: findAttempts(),
      ...defined({ region: region || undefined }),
    })
    made.set(region, client)
    return client
  }
}
