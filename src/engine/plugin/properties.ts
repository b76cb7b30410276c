import { createRequire } from 'node:module'
import type { Properties } from './resource.ts'

const require = createRequire(import.meta.url)
const { Struct } = require('google-protobuf/google/protobuf/struct_pb.js')

/** The plugin protocol uses this text for a value that is not known yet (in previews). */
export const unknownValue = '04da6b54-80e4-46f7-96ec-b56ff0331ba9'

/** The properties in a message of the protocol. */
export function fromStruct(message: { toJavaScript(): Properties } | null | undefined): Properties {
  return message?.toJavaScript() ?? {}
}

/** The properties as a message of the protocol. */
export function toStruct(properties: Properties): InstanceType<typeof Struct> {
  // JSON removes values that the protocol cannot transport: undefined and functions.
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)))
}

/** Names of the properties that differ between two sets. */
export function changedProperties(olds: Properties, news: Properties): string[] {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)])
  return [...names].filter((name) => canonical(olds[name]) !== canonical(news[name]))
}

/** The value as text that does not depend on the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
