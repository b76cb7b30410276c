import { run } from '../src/core/exec.ts'
import { projectFolder } from '../src/core/paths.ts'
import { interleave, renderConditions, renderTable, timed } from './measure.ts'
import { bakeReference, makeReferenceProject } from './reference-project.ts'

/** What it costs when there is nothing to do: a bake of unchanged inputs, and set-up. */
export async function main([rounds = '5']: readonly string[]): Promise<void> {
  const project = makeReferenceProject()
  try {
    await bakeReference(project.env)
    const contenders = [
      { name: 'bake --if-changed, nothing changed', run: () => timed(() => bakeReference(project.env, ['--if-changed'])) },
      { name: 'set-up, nothing to do', run: () => timed(() => run('node', ['setup.mjs'], { cwd: projectFolder() })) },
    ]
    const measured = await interleave(contenders, Number(rounds))
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n`)
  } finally {
    project.remove()
  }
}
