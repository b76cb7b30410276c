import { createRequire } from 'node:module'
import type { Metadata } from '@grpc/grpc-js'
import { toStruct } from '../../../src/engine/plugin/properties.ts'
import type { CheckFailure, Properties } from '../../../src/engine/plugin/resource.ts'
import type { Request } from '../../../src/engine/plugin/serve.ts'
import type { Change } from './difference.ts'

const require = createRequire(import.meta.url)
const grpc: typeof import('@grpc/grpc-js') = require('@grpc/grpc-js')
const pb: typeof import('@pulumi/pulumi/proto/provider_pb.js') = require('@pulumi/pulumi/proto/provider_pb.js')
const { Status } = require('@pulumi/pulumi/proto/status_pb.js')
const { Any } = require('google-protobuf/google/protobuf/any_pb.js')
export const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js')

export function configureResponse() {
  const response = new pb.ConfigureResponse()
  response.setSupportspreview(true)
  return response
}

export function checkResponse(inputs: Properties, failures: readonly CheckFailure[]) {
  const response = new pb.CheckResponse()
  response.setInputs(toStruct(inputs))
  response.setFailuresList(
    failures.map(({ property, reason }) => {
      const failure = new pb.CheckFailure()
      failure.setProperty(property)
      failure.setReason(reason)
      return failure
    }),
  )
  return response
}

export function diffResponse(changes: readonly Change[], deleteBeforeReplace: boolean) {
  const response = new pb.DiffResponse()
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges
  response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
  response.setDiffsList(changes.map(({ property }) => property))
  response.setReplacesList(changes.filter(({ replaces }) => replaces).map(({ property }) => property))
  response.setDeletebeforereplace(deleteBeforeReplace)
  response.setHasdetaileddiff(true)
  const detailed = response.getDetaileddiffMap()
  for (const { property, kind, replaces } of changes) {
    const difference = new pb.PropertyDiff()
    const name = `${kind.toUpperCase()}${replaces ? '_REPLACE' : ''}` as 'ADD' | 'UPDATE_REPLACE'
    difference.setKind(pb.PropertyDiff.Kind[name])
    detailed.set(property, difference)
  }
  return response
}

export function createResponse(id: string, outputs: Properties) {
  const response = new pb.CreateResponse()
  response.setId(id)
  response.setProperties(toStruct(outputs))
  return response
}

export function updateResponse(outputs: Properties) {
  const response = new pb.UpdateResponse()
  response.setProperties(toStruct(outputs))
  return response
}

/** A response without an ID says that the resource does not exist. */
export function readResponse(found: { readonly id: string; readonly outputs: Properties; readonly inputs: Request } | null) {
  const response = new pb.ReadResponse()
  if (found === null) return response
  response.setId(found.id)
  response.setProperties(toStruct(found.outputs))
  response.setInputs(found.inputs)
  return response
}

/** Metadata of an error that tells the engine: the resource exists, with these outputs, but is not complete. */
export function failedPartly(id: string, outputs: Properties, reason: string): Metadata {
  const detail = new pb.ErrorResourceInitFailed()
  detail.setId(id)
  detail.setProperties(toStruct(outputs))
  detail.setReasonsList([reason])
  const any = new Any()
  any.pack(detail.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed')
  const status = new Status()
  status.setCode(grpc.status.UNKNOWN)
  status.setMessage(reason)
  status.addDetails(any)
  const metadata = new grpc.Metadata()
  metadata.add('grpc-status-details-bin', Buffer.from(status.serializeBinary()))
  return metadata
}
