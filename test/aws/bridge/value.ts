import { decode, ExtData, encode } from '@msgpack/msgpack'

/** A value that is not known yet. */
export const unknown = Symbol('unknown')

/** A value of Terraform. An object has a key for each attribute of its type; an absent value is null. */
export type Value = null | string | number | boolean | typeof unknown | readonly Value[] | ObjectValue
export type ObjectValue = { readonly [name: string]: Value }

/** Extension types of MessagePack that Terraform uses for unknown values: plain, and with what is known about them. */
const unknownTypes = [0, 12]

/** The value in a message of the protocol. */
export function toMessage(value: Value): { msgpack: Uint8Array } {
  return { msgpack: encode(replaceUnknown(value)) }
}

/** The value of a message of the protocol. No message is null, too. */
export function fromMessage(message: { readonly msgpack: Uint8Array } | null | undefined): Value {
  return message?.msgpack.length ? restoreUnknown(decode(message.msgpack)) : null
}

function replaceUnknown(value: Value): unknown {
  if (value === unknown) return new ExtData(0, new Uint8Array([0]))
  if (Array.isArray(value)) return value.map(replaceUnknown)
  if (isObject(value)) return mapValues(value, replaceUnknown)
  return value
}

function restoreUnknown(value: unknown): Value {
  if (value instanceof ExtData && unknownTypes.includes(value.type)) return unknown
  if (Array.isArray(value)) return value.map(restoreUnknown)
  if (isObject(value as Value)) return mapValues(value as Record<string, unknown>, restoreUnknown)
  return value as Value
}

/** Whether it is an object, and not a list or null. */
export function isObject(value: Value | undefined): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object with each value replaced. */
export function mapValues<From, To>(object: Readonly<Record<string, From>>, change: (value: From, name: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]))
}
