import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'

const parts = ['src', 'package.json', 'package-lock.json', 'Pulumi.yaml', 'setup.mjs'] as const

/** Makes a copy of this program with its packages in a folder, as `git clone` and `npm ci` would. */
export async function makeClone(folder: string): Promise<void> {
  const root = join(sourceFolder(), '..')
  mkdirSync(join(folder, 'playbooks'), { recursive: true })
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true })
  // Links cost no time, but need the same disk.
  const packages = [join(root, 'node_modules'), join(folder, 'node_modules')]
  await runTool('cp', ['-al', ...packages]).catch(() => runTool('cp', ['-a', ...packages]))
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) throw new Error(`${folder} has no packages`)
}
