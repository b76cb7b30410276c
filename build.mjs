// Compiles the package into dist/: node setup.mjs build.mjs. `npm pack` and `npm publish` do it first.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = import.meta.dirname
const dist = join(root, 'dist')
const compiler = join(root, 'node_modules/typescript/bin/tsc')

rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [compiler, '--project', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (status === 0) {
  // Scripts, templates and pins that the program reads at run time.
  for (const folder of ['src', 'stacks']) {
    cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: (path) => !/(?<!\.d)\.ts$/.test(path) })
  }
  chmodSync(join(dist, 'src/bake.js'), 0o755)
}
process.exitCode = status ?? 1
