import { aws } from '../../../src/cloud/aws/aws.ts'
import type { MissingError } from '../../../src/core/errors.ts'
import type { Family } from '../../../src/model/family.ts'
import type { FamilyOutputs } from '../../../src/model/outputs.ts'
import { motoImage } from '../../aws/moto.ts'
import { makeFamily } from '../../helpers/family.ts'

const never = new AbortController().signal

function family(changes: object = {}): Family {
  return makeFamily({ cloud: 'aws', base: { amiId: motoImage }, ...changes })
}

/** The warnings of all calls of `resolve`. */
export const warned: string[] = []

/** Finds the base image of a family with these settings, and runs the preflight. */
export async function resolve(changes: object = {}, latest?: Partial<FamilyOutputs>): Promise<unknown> {
  const latestGood = async () => (latest ?? Promise.reject(new Error('no family was asked for'))) as FamilyOutputs
  return (await aws()).resolveBase(family(changes), {
    progress: () => {},
    warn: (warning) => warned.push(warning),
    latestGood,
    signal: never,
  })
}

/** The error for a family with these settings. */
export async function refusal(changes: object, latest?: Partial<FamilyOutputs>): Promise<MissingError> {
  return (await resolve(changes, latest).catch((thrown: unknown) => thrown)) as MissingError
}
