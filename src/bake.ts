import { enableCompileCache } from 'node:module'
import { main } from './cli/cli.ts'

enableCompileCache()
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
