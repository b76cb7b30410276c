import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bakePolicy, providerActions, sessionActions } from '../../../src/cloud/aws/policy.ts'

const folder = join(import.meta.dirname, '../../../src/cloud/aws')
const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
const services: Readonly<Record<string, string>> = { 'auto-scaling': 'autoscaling', 'service-quotas': 'servicequotas' }

/** Commands and paginators imported from the SDK: what the code can call. */
function calledActions(): string[] {
  return sources.flatMap((text) =>
    [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(([, names = '', service = '']) => {
      const actions = [...names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)].map(([, command, paginated]) => command ?? paginated)
      return actions.map((action) => `${services[service] ?? service}:${action}`)
    }),
  )
}

function usedTypes(): string[] {
  return [...new Set(sources.flatMap((text) => [...text.matchAll(/'@pulumi\/aws\/\w+\/(\w+)\.js'/g)].map(([, type = '']) => type)))].sort()
}

test('every resource type that the graph uses says what the provider calls for it', () => {
  expect(Object.keys(providerActions).sort()).toEqual(usedTypes())
})

test('the policy allows what is called, and nothing else', () => {
  const allowed = bakePolicy().Statement.flatMap(({ Action }) => Action)
  const called = [...calledActions(), ...sessionActions, ...usedTypes().flatMap((type) => providerActions[type] ?? [])]
  expect([...new Set(allowed)].sort()).toEqual([...new Set(called)].sort())
})

test('what changes or removes things is bound to our tag', () => {
  const destructive = /^ec2:(Delete(?!Snapshot)|Terminate|Deregister|Stop|Modify)/
  for (const { Action, Condition } of bakePolicy().Statement) {
    if (Action.some((action) => destructive.test(action))) {
      expect(Condition?.StringEquals).toEqual({ 'aws:ResourceTag/bakehouse:tool': 'bakehouse' })
    }
  }
})

test('the document fits into a managed policy', () => {
  expect(JSON.stringify(bakePolicy()).length).toBeLessThan(6144)
})
