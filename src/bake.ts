#!/usr/bin/env node
import module from 'node:module'
import { join } from 'node:path'
import { explainOldNode } from './core/old-node.ts'
import { cacheFolder } from './core/paths.ts'

const problem = explainOldNode(process.versions.node)
if (problem === undefined) {
  // Before all other imports, because only later ones are cached. Node 20 has no such cache.
  module.enableCompileCache?.(join(cacheFolder(), 'compiled'))
  void import('./cli/cli.ts').then(async ({ main }) => {
    process.exitCode = await main(process.argv.slice(2))
  })
} else {
  process.stderr.write(problem)
  process.exitCode = 3
}
