import { run } from '../src/core/exec.ts'
import { projectFolder } from '../src/core/paths.ts'
import { type BenchRequest, interleave, renderConditions, renderGoal, renderTable, timed } from './measure.ts'
import { bakeReference, makeReferenceProject } from './reference-project.ts'

/** Measures a build with unchanged inputs, and a set-up with nothing to do. */
export async function main({ rounds = 5 }: BenchRequest): Promise<void> {
  const project = makeReferenceProject()
  try {
    await bakeReference(project.env)
    const contenders = [
      { name: 'bake --if-changed, nothing changed', run: () => timed(() => bakeReference(project.env, ['--if-changed'])) },
      { name: 'set-up, nothing to do', run: () => timed(() => run('node', ['setup.mjs'], { cwd: projectFolder() })) },
    ]
    const measured = await interleave(contenders, rounds)
    const [bake = 0, setUp = 0] = measured.map((each) => each.median)
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions()}\n\n`)
    process.stdout.write(renderGoal('no-op bake', bake, 1.5))
    process.stdout.write(renderGoal('set-up', setUp, 0.5))
  } finally {
    project.remove()
  }
}
