import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from '../../src/core/exec.ts'

const root = join(import.meta.dirname, '../..')

/** The code blocks of a page. A path is before each of them; a line to add to a list is after `In <path>:`. */
export function readSteps(page: string): readonly { readonly path: string; readonly text: string; readonly isLine: boolean }[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8')
  return [...text.matchAll(/(In )?`([\w./-]+\.ts)`:\n\n[ ]*```ts\n(.*?)[ ]*```/gs)].map(([, inList, path = '', code = '']) => {
    return { path, text: code, isLine: inList !== undefined }
  })
}

/** A copy of the program with the changes of a page. */
export interface FollowedPage extends Disposable {
  readonly folder: string
  /** Runs a script in the folder. Returns its output, parsed as JSON. */
  ask(script: string): Promise<unknown>
}

/** Follows a page literally: writes its files, and appends its line to the list that it names. */
export function followPage(page: string): FollowedPage {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-page-'))
  for (const part of ['src', 'schema', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { path, text, isLine } of readSteps(page)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    // The list is the first object of its file.
    writeFileSync(file, isLine ? readFileSync(file, 'utf8').replace(/\n}(?: satisfies .*)?\n/, (end) => `\n${text}${end.slice(1)}`) : text)
  }
  return {
    folder,
    async ask(script) {
      const env = { BAKEHOUSE_PROJECT: folder, BAKEHOUSE_HOME: join(folder, '.bakehouse') }
      const { stdout, stderr, exitCode } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, env })
      if (exitCode !== 0) throw new Error(stderr)
      return JSON.parse(stdout) as unknown
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
