import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../src/core/exec.ts'
import { parseCount } from '../src/core/parse-count.ts'
import { projectFolder, sourceFolder } from '../src/core/paths.ts'
import { runSmallProgram, type SmallProgram } from '../src/core/small-program.ts'
import { captureOutput } from './helpers/capture-output.ts'

const root = join(sourceFolder(), '..')
const start = (file: string, ...args: string[]) => run(process.execPath, [join(root, file), ...args], { cwd: projectFolder() })

describe('each program other than bake', () => {
  test.each([
    [
      'stacks/vm/main.ts',
      ['--family', '--memory', '--user', '--identity', '--backend', 'up', 'destroy'],
      ['up', '--famly', 'x'],
      '"--family"',
    ],
    ['stacks/allowed-images/allow.ts', ['account', 'families', 'audit-mode'], ['12', 'linux-base'], 'aws sts get-caller-identity'],
    ['stacks/cloudformation/deploy.ts', ['stack', 'parameter=value'], ['web', 'Subnets'], 'deploy.ts --help'],
    ['bench/bench.ts', ['--rounds', '--families', '--parallel', 'peer'], ['pear'], '"peer"'],
    ['src/family/write-schema.ts', ['family.yaml', 'bakehouse.yaml'], ['--output', 'x'], 'npm run schema -- --help'],
    ['src/cloud/aws/print-policy.ts', ['--family', '--state', '--partition'], ['--famly', 'x'], '"--family"'],
    ['test/aws/emulated.ts', ['<command…>'], [], 'npm run aws:emulated -- --help'],
  ])(
    '%s explains its options in --help, and ends with exit code 2 and a suggestion for a mistake',
    async (file, words, mistake, suggestion) => {
      const [help, misuse] = await Promise.all([start(file, '--help'), start(file, ...mistake)])
      for (const word of words) expect(help.stdout).toContain(word)
      expect([help.exitCode, help.stderr]).toEqual([0, ''])
      expect([misuse.exitCode, misuse.stdout]).toEqual([2, ''])
      expect(misuse.stderr).toMatch(/^error: Expected .*\nhint: .*\n$/)
      expect(misuse.stderr).toContain(suggestion)
    },
  )

  test('setup.mjs prints help without setting anything up', async () => {
    const { exitCode, stdout, stderr } = await start('setup.mjs', '--again', '--help')
    expect([exitCode, stdout, stderr]).toEqual([0, expect.stringContaining('--checks'), ''])
  })
})

describe('the arguments of a small program', () => {
  const program: SmallProgram = {
    command: 'npm run sample --',
    describe: 'A sample.',
    words: [
      { name: 'command', describe: 'what to do', choices: { up: 'start', destroy: 'stop' } },
      { name: 'place', describe: 'where', isOptional: true },
    ],
    options: { family: { value: '<name>', isRequired: true, describe: 'a family' }, memory: { value: '<MiB>', describe: 'memory' } },
    examples: [['up --family web', 'start']],
    run: async ({ words, options }) => {
      parseCount('--memory', options.memory ?? '1')
      process.stdout.write(JSON.stringify({ words, options }))
      return 0
    },
  }

  test.each([
    [[], 'Expected one of up, destroy, got nothing', 'npm run sample -- --help'],
    [['destory', '--family', 'web'], 'Expected one of up, destroy, got "destory"', 'did you mean "destroy"?'],
    [['up'], 'Expected --family <name>, got nothing', 'npm run sample -- --help'],
    [['up', '--family'], 'Expected a value after --family, got nothing', 'npm run sample -- --help'],
    [['up', '--memroy=2', '--family', 'web'], 'Expected an option of npm run sample, got --memroy', 'did you mean "--memory"?'],
    [['up', 'here', 'there', '--family', 'web'], 'Expected no further argument, got "there"', 'npm run sample -- --help'],
    [['up', '--family', 'web', '--memory', '2G'], 'Expected --memory to be a whole number from 1 on, got "2G"', 'for example: --memory 2'],
  ])('%j is refused', async (argv, message, hint) => {
    const { code, stdout, stderr } = await captureOutput(() => runSmallProgram(program, argv))
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\nhint: ${hint}\n` })
  })

  test('an option can have its value after = or as the next word', async () => {
    const { stdout } = await captureOutput(() => runSmallProgram(program, ['up', 'here', '--family=web', '--memory', '5']))
    expect(JSON.parse(stdout)).toEqual({ words: ['up', 'here'], options: { family: 'web', memory: '5' } })
  })
})
