import { defined } from '../../src/core/defined.ts'
import { print } from '../../src/core/output.ts'
import { parseCount } from '../../src/core/parse-count.ts'
import { prepareProcess } from '../../src/core/prepare-process.ts'
import { vmCommand } from '../../src/core/program.ts'
import { type Given, runSmallProgram, type SmallProgram } from '../../src/core/small-program.ts'
import { destroyVm, upVm } from './machine.ts'

const program: SmallProgram = {
  command: vmCommand,
  describe: 'Runs the latest good image of a family as a virtual machine on this computer.',
  words: [
    {
      name: 'command',
      describe: 'what to do:',
      choices: { up: 'create the machine, or replace it if the family has a newer image', destroy: 'delete the machine' },
    },
  ],
  options: {
    family: { value: '<name>', isRequired: true, describe: 'Name of the family whose image runs' },
    memory: { value: '<MiB>', describe: 'Memory of the machine in MiB  [default: 1024]' },
    user: { value: '<name>', describe: 'User of the image that gets the SSH key and logs in  [default: root]' },
    identity: {
      value: '<path>',
      describe: 'SSH private key to log in with; its .pub file must be in the same folder  [default: a new key for this machine]',
    },
    backend: { value: '<URL>', describe: 'URL of the state backend, such as s3://…  [default: a folder of this project]' },
  },
  examples: [
    ['up --family linux-base', 'start a machine, and print how to log in'],
    ['up --family linux-base --memory 2048', 'the same with 2 GiB of memory'],
    ['destroy --family linux-base', 'delete the machine'],
  ],
  run: async ({ words, options }) => (words[0] === 'up' ? up(options) : destroy(options)),
}

prepareProcess()
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
process.exitCode = await runSmallProgram(program, process.argv.slice(2))

async function up({ family = '', memory = '1024', user = 'root', identity, backend }: Given['options']): Promise<number> {
  const own = defined({ identityFile: identity, backend })
  const { version, login } = await upVm({ family, memory: parseCount('--memory', memory, 128), user, ...own }, stop.signal)
  print([`${family} ${version} runs; log in with`, `  ${login}`])
  return 0
}

async function destroy({ family = '', backend }: Given['options']): Promise<number> {
  const existed = await destroyVm({ family, ...defined({ backend }) }, stop.signal)
  print(existed ? `deleted the machine of ${family}` : `${family} has no machine`)
  return 0
}
