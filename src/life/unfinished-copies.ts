import type { Created } from '../cloud/cloud.ts'
import type { Engine } from '../engine/engine.ts'
import type { StackState } from '../engine/state.ts'

/** Whether the state of a build stack holds a finished image: its last resource, `image`, is created when the image is complete. */
export function hasFinishedImage({ resources }: Pick<StackState, 'resources'>): boolean {
  return resources.some(({ name }) => name === 'image')
}

/**
 * IDs of builds that left a promoted image which was not finished before it expired, according to its tags and to the state. Both are the
 * same on every computer, so the build may have run on another one. If the state has no stack of the build, the image is kept.
 */
export async function findUnfinishedCopies(
  engine: Pick<Engine, 'findState'>,
  created: readonly Pick<Created, 'tags'>[],
  now = new Date(),
): Promise<ReadonlySet<string>> {
  const expired = created.filter(({ tags }) => tags.stage === 'promoted' && tags.expires !== '' && Date.parse(tags.expires) < now.getTime())
  const builds = new Map(expired.map(({ tags }) => [tags.build, `${tags.family}-${tags.version}`]))
  const unfinished: string[] = []
  for (const [build, stack] of builds) {
    const state = await engine.findState(stack)
    if (state && !hasFinishedImage(state)) unfinished.push(build)
  }
  return new Set(unfinished)
}
