import type { Block, NestedBlock } from './schema.ts'
import { isObject, type ObjectValue, type Value } from './value.ts'

/**
 * The state that Terraform proposes to the provider: the configuration, and for each value that the provider computes and the
 * configuration does not set, the value of the prior state.
 */
export function propose(block: Block, prior: ObjectValue | null, config: ObjectValue): ObjectValue {
  if (prior === null) return config
  const attributes = block.attributes.map(({ name, computed }) => {
    const given = config[name] ?? null
    return [name, given === null && computed ? (prior[name] ?? null) : given]
  })
  const blocks = block.blocks.map((nested) => [nested.name, proposeBlocks(nested, prior[nested.name] ?? null, config[nested.name] ?? null)])
  return Object.fromEntries([...attributes, ...blocks])
}

function proposeBlocks(nested: NestedBlock, prior: Value, config: Value): Value {
  if (isObject(config)) return isObject(prior) ? propose(nested.block, prior, config) : config
  if (!Array.isArray(config)) return config
  const olds = Array.isArray(prior) ? (prior as readonly Value[]).filter(isObject) : []
  return (config as readonly Value[]).map((item, index) => {
    if (!isObject(item)) return item
    const old = nested.nesting === 'set' ? olds.find((each) => agrees(nested.block, each, item)) : olds[index]
    return propose(nested.block, old ?? null, item)
  })
}

/** Whether an element of a set is the old one of this configuration: all that the configuration sets is equal. */
function agrees(block: Block, old: ObjectValue, config: ObjectValue): boolean {
  return block.attributes.every(({ name, computed }) => {
    const given = config[name] ?? null
    return (given === null && computed) || JSON.stringify(given) === JSON.stringify(old[name] ?? null)
  })
}
