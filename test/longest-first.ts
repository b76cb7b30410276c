import { basename } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Test files that take minutes, the longest first. If one of them started last, only one CPU would work at the end. */
const longest = [
  'standard-base.vm.test.ts',
  'families.vm.test.ts',
  'bake.aws.test.ts',
  'own-repository.vm.test.ts',
  'ordinary-user.vm.test.ts',
  'hygiene.vm.test.ts',
  'cancel.aws.test.ts',
  'handlers.vm.test.ts',
  'bake.vm.test.ts',
  'kept.vm.test.ts',
  'phases.aws.test.ts',
  'empty-homes.aws.test.ts',
  'distributions.vm.test.ts',
  'graph.aws.test.ts',
  'vm.vm.test.ts',
  'shared-folder.aws.test.ts',
  'boot-failure.vm.test.ts',
  'windows-base.aws.test.ts',
]

/** Starts these files before the others. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.indexOf(basename(moduleId))
      return place < 0 ? longest.length : place
    }
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}
