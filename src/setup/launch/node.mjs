// Chooses the Node that runs the program. Plain JavaScript, because it has to run on the Node that the computer has.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync, rmSync } from 'node:fs'
import { keepNodeOptions } from '../../core/node-options.mjs'

/** The oldest Node that runs the source without compilation: it removes TypeScript types and supports `using`. */
export const oldestNode = '24'
const test = "if (!process.features.typescript) throw 0; new Function('{ using a = null }')"

/** Whether the Node that runs this code can run the program. */
export function isNewEnough() {
  try {
    new Function('{ using a = null }')
    return Boolean(process.features.typescript)
  } catch {
    return false
  }
}

/** The environment for another Node than the one that runs this code. */
export function nodeEnvironment(environment = process.env) {
  const { NODE_OPTIONS = '', ...env } = environment
  const kept = keepNodeOptions(NODE_OPTIONS)
  return kept === '' ? env : { ...env, NODE_OPTIONS: kept }
}

/** Whether a Node can run the program. Starts it to find out: an existing file may be for another C library. */
export function runs(node) {
  if (!existsSync(node)) return false
  if (realpathSync(node) === realpathSync(process.execPath)) return isNewEnough()
  return spawnSync(node, ['-e', test], { env: nodeEnvironment(), stdio: 'ignore', timeout: 30_000 }).status === 0
}

/**
 * The Node to use: the pinned one from the packages, else the one that runs now; undefined if neither can run the program. A pinned Node
 * that cannot run is removed from `node_modules/.bin`, because npm looks for `node` there first.
 */
export function findNode(pinned) {
  const isOwn = existsSync(pinned) && realpathSync(pinned) === realpathSync(process.execPath)
  if (!isOwn && existsSync(pinned)) {
    if (runs(pinned)) return pinned
    rmSync(pinned, { force: true })
  }
  return isNewEnough() ? process.execPath : undefined
}
