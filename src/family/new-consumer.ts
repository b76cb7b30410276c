import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `init` can write a Pulumi program for: an Auto Scaling group, or a machine on this computer. */
export type ConsumerKind = 'asg' | 'vm'

/** The files of a Pulumi program that reads the latest good image of a family: path in the project → text. */
export function newConsumerFiles(kind: ConsumerKind, family: string): Record<string, string> {
  const render = (name: string): string =>
    readFileSync(join(import.meta.dirname, 'consumers', kind, `${name}.template`), 'utf8').replaceAll('FAMILY', family)
  return Object.fromEntries(['Pulumi.yaml', 'index.mjs'].map((name) => [`stacks/${family}-${kind}/${name}`, render(name)]))
}
