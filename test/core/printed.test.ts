import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'
import { projectFolder, sourceFolder } from '../../src/core/paths.ts'
import { verdictOf } from '../../src/model/step.ts'
import { captureOutput } from '../helpers/capture-output.ts'

/** Code that writes to a terminal, or lets another program do that. */
const writes = /process\.std(?:out|err)\.write\(|console\.\w+\(|(?:terminal|stream)\.write\(|inherit\b/

/** Files that may write without the functions of core/output.ts, and what they write. */
const allowed: Readonly<Record<string, string>> = {
  'src/core/output.ts': 'the functions themselves',
  'src/core/exec.ts': 'Pulumi, on a terminal, draws by itself; all text that it gets from this project has no effects',
  'src/bake.ts': 'a fixed text, on a Node that cannot run the other files',
  'src/guest/ssh/patient-connection.ts': 'the bytes of a connection, read by ssh',
  'src/engine/wrapper.mjs': 'the output of the engine, read by this project',
  'src/setup/launch/lock.mjs': 'a fixed text and a number, before Node can run TypeScript',
  'src/setup/launch/packages.mjs': 'a fixed text, before Node can run TypeScript',
}

function filesThatWrite(texts: Readonly<Record<string, string>>): string[] {
  const code = (text: string): string => text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  return Object.keys(texts).filter((path) => writes.test(code(texts[path] ?? '')))
}

test('only the functions of core/output.ts print', () => {
  const files = ['src', 'stacks'].flatMap((folder) =>
    readdirSync(join(projectFolder(), folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.m?ts$|\.mjs$/.test(path))
      .map((path) => join(folder, path)),
  )
  const texts = Object.fromEntries(files.map((path) => [path, readFileSync(join(projectFolder(), path), 'utf8')]))
  expect(filesThatWrite(texts).sort()).toEqual(Object.keys(allowed).sort())
})

test.each([
  'process.stdout.write(renderHelp(program))',
  'console.log(error)',
  'terminal.write(line)',
  "execa(command, args, { stdio: 'inherit' })",
])('a file that prints in another way is found: %s', (line) => {
  expect(filesThatWrite({ 'stacks/vm/main.ts': line })).toEqual(['stacks/vm/main.ts'])
})

/** What a guest would like to print: it forges a success, gives a command to the CI system, and fills the clipboard. */
const attack = '\u001b[2J\u001b]52;c;cm0gLXJm\u0007ok\n::error::x\r\n##[error]y\u009b2J'

function expectHarmless(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  expect(text).not.toMatch(/##\[|^\s*::/m)
}

test('a failed program of stacks/ prints what a guest said as text', async () => {
  const { writeError } = await import('../../src/core/error-lines.ts')
  const { stderr } = await captureOutput(async () => writeError(new Error(attack)))
  expectHarmless(stderr)
  expect(stderr).toContain('| ::error::x')
})

test('the verdict and the cause of a step, which the engine prints, are text', async () => {
  const { printJsonLine, say } = await import('../../src/core/output.ts')
  const result = { step: 'verify', status: 'failed', cause: attack, log: 'verify.log', durationMs: 1, suites: [] } as const
  const { stdout, stderr } = await captureOutput(async () => {
    printJsonLine(verdictOf(result))
    say(verdictOf(result).cause ?? '')
    return 0
  })
  expectHarmless(stdout)
  expectHarmless(stderr)
  expect(JSON.parse(stdout), 'a program reads the cause unchanged').toMatchObject({ step: 'verify', status: 'failed' })
})

test('the Pulumi CLI has no effect on the log of a CI job; long lines of data stay complete', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'printed-'))
  try {
    writeFileSync(join(folder, 'text'), `${attack}\n${'x'.repeat(10_000)}\n`)
    const module = join(sourceFolder(), 'core/exec.ts')
    const code = `const { runInTerminal } = await import(${JSON.stringify(module)}); process.exitCode = await runInTerminal('sh', ['-c', 'cat text; cat text >&2; exit 7'], { cwd: ${JSON.stringify(folder)} })`
    const shell = `"$0" --input-type=module --eval "$1" 2>&1; echo "code $?"`
    const output = execFileSync('sh', ['-c', shell, process.execPath, code], { encoding: 'utf8' })
    expectHarmless(output)
    expect(output).toContain('| ::error::x')
    expect(output).toContain('x'.repeat(10_000))
    expect(output).toContain('code 7')
  } catch (error) {
    expect.fail(messageOf(error))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
