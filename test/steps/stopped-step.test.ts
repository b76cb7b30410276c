import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findProcess, findStat, isRunning, type ProcessIdentity } from '../../src/core/process-identity.ts'
import { readTools } from '../../src/core/tools.ts'
import { endSteps, stepCommand, stepProcessFile } from '../../src/steps/entry.ts'
import { identityIn } from '../helpers/processes.ts'
import { makeStepFolder, type StepFolder } from '../helpers/step-folder.ts'

/** On a cancel, the official plugin v1.2.1 kills the shell with SIGKILL and sends no signal to the command (pulumi-command#201). */
describe('a step that is stopped while its playbook runs', () => {
  let made: StepFolder
  let shell: ChildProcess | undefined
  beforeEach(() => {
    made = makeStepFolder()
    made.request()
    made.script('bin/ssh', 'cat >/dev/null; echo "machine-id 1234"')
    // A playbook that never ends, with a child process that ignores SIGTERM.
    made.script('venv/bin/ansible-playbook', `sh -c 'trap "" TERM; echo $$ > ${made.path}/child; sleep 600; sleep 600' & sleep 600; wait`)
  })
  afterEach(async () => {
    await endSteps(made.path)
    shell?.kill('SIGKILL')
    made[Symbol.dispose]()
  })

  async function start(env: Record<string, string> = {}): Promise<{ step: ProcessIdentity; child: ProcessIdentity }> {
    const command = stepCommand(process.execPath, 'configure', made.path)
    shell = spawn('/bin/sh', ['-c', command], { env: { ...process.env, ...made.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const childFile = join(made.path, 'child')
    await expect.poll(() => identityIn(childFile)).toBeDefined()
    return { step: JSON.parse(readFileSync(stepProcessFile(made.path, 'configure'), 'utf8')), child: identityIn(childFile)! }
  }
  const ended = (...processes: ProcessIdentity[]) => expect.poll(() => processes.some(isRunning)).toBe(false)
  const result = () => JSON.parse(readFileSync(join(made.path, 'steps/configure.json'), 'utf8'))

  test('ends with its children if its shell is killed', async () => {
    const { step, child } = await start()
    shell?.kill('SIGKILL')
    await ended(step, child)
    expect(result()).toMatchObject({ status: 'failed', stoppedBy: 'the end of the shell of the step configure' })
  })

  test('ends with its children if the process of the build has ended', async () => {
    const owner = spawn('sleep', ['600'])
    const { step, child } = await start({ BAKEHOUSE_OWNER: `${owner.pid} ${findProcess(owner.pid!)!.started}` })
    owner.kill('SIGKILL')
    await ended(step, child)
    expect(result()).toMatchObject({ stoppedBy: 'the end of the process of the build' })
  })

  test('ends with its children if the build ends its steps, and its shell returns its exit code', async () => {
    const { step, child } = await start()
    const exit = new Promise((resolve) => shell?.once('exit', resolve))
    await endSteps(made.path)
    await ended(step, child)
    expect(await exit).toBe(8)
  })

  test('is killed by the build if it does not react', async () => {
    const { step, child } = await start()
    process.kill(step.pid, 'SIGSTOP')
    await endSteps(made.path)
    await ended(step, child)
  })

  test('ends with the workers of Ansible and their ssh, which have other sessions, even if Ansible is killed', async () => {
    made.script(
      'bin/ssh',
      `case "$*" in *python3*) echo $$ > ${made.path}/child; exec sleep 600 ;; esac; cat >/dev/null; echo "machine-id 1234"`,
    )
    const vars = '  vars: {ansible_python_interpreter: /usr/bin/python3}\n'
    writeFileSync(join(made.path, 'family/playbook.yml'), `- hosts: all\n  gather_facts: false\n${vars}  tasks: [{command: "true"}]\n`)
    const { step, child } = await start({ BAKEHOUSE_VENV: readTools().venv })
    const worker = findStat(child.pid)!.parent
    process.kill(findStat(worker)!.parent, 'SIGKILL')
    expect([worker, child.pid].map((pid) => findStat(pid)?.session)).toEqual([worker, worker])
    await ended(step)
    await endSteps(made.path)
    await ended(child)
  })

  test('leaves children if it is killed, and the build ends them', async () => {
    const { step, child } = await start()
    process.kill(step.pid, 'SIGKILL')
    await ended(step)
    expect(isRunning(child)).toBe(true)
    await endSteps(made.path)
    await ended(child)
  })
})
