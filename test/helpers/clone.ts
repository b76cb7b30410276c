import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'

const parts = ['src', 'package.json', 'package-lock.json', 'Pulumi.yaml', 'setup.mjs', 'tools'] as const

/** Copies this program with its packages to a folder, like `git clone` and `npm ci`. */
export async function makeClone(folder: string): Promise<void> {
  const root = join(sourceFolder(), '..')
  mkdirSync(join(folder, 'playbooks'), { recursive: true })
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true })
  // Hard links are fast, but work only on the same file system.
  const packages = [join(root, 'node_modules'), join(folder, 'node_modules')]
  await runTool('cp', ['-al', ...packages]).catch(() => runTool('cp', ['-a', ...packages]))
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) throw new Error(`${folder} has no packages`)
}
