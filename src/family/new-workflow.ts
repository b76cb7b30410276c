import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../core/paths.ts'
import { cloneCommand, packageCommand } from '../core/program.ts'

/** The CI systems for which `init` writes a weekly build, and the path of its file in a repository. */
export const workflowFiles = { github: '.github/workflows/bake.yml', gitlab: '.gitlab-ci.yml' } as const

/** The name of a CI system. */
export type Ci = keyof typeof workflowFiles

/** The file of a CI system that builds a family every week. It is made from the one that this program uses and documents itself. */
export function renderWorkflow(ci: Ci, family: string): string {
  const read = (path: string): string => readFileSync(join(packageFolder(), path), 'utf8')
  if (ci === 'github') return renderGithub(read(workflowFiles.github), family)
  return renderGitlab(/## GitLab\n[\s\S]*?```yaml\n([\s\S]*?)```/.exec(read('docs/ci.md'))?.[1] ?? '', family)
}

/** Installs the packages of the repository before the build, and calls the installed program. */
export function renderGithub(template: string, family: string): string {
  return replaceAll(template, [
    ['docs/ci.md says', 'node_modules/bakehouse/docs/ci.md says'],
    [`'["linux-base"]'`, `'["${family}"]'`],
    ['          node-version: 24\n', '          node-version: 24\n      - run: npm ci --ignore-scripts\n'],
    [`${cloneCommand} `, `${packageCommand} `],
  ])
}

/** The same for the recipe of GitLab. */
export function renderGitlab(template: string, family: string): string {
  return replaceAll(template, [
    ['resource_group: bake-linux-base  ', `resource_group: bake-${family}  `],
    ['--family linux-base', `--family ${family}`],
    ['  before_script:\n', '  before_script:\n    - npm ci --ignore-scripts\n'],
    [`${cloneCommand} `, `${packageCommand} `],
  ])
}

/** Replaces each text everywhere. Throws if the template does not contain it. */
function replaceAll(template: string, changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`The template of the workflow does not contain ${JSON.stringify(from)}`)
    return text.replaceAll(from, to)
  }, template)
}
