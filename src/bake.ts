import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { cacheFolder } from './core/paths.ts'
import { prepareProcess } from './core/prepare-process.ts'

prepareProcess()
enableCompileCache(join(cacheFolder(), 'compiled'))
void import('./cli/cli.ts').then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2))
})
