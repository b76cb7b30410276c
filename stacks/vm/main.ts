import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { defined } from '../../src/core/defined.ts'
import { BakehouseError, messageOf } from '../../src/core/errors.ts'
import { printableLines } from '../../src/core/printable.ts'
import { keepFilesPrivate } from '../../src/core/private-files.ts'
import { destroyVm, upVm } from './machine.ts'

keepFilesPrivate()
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())

const cli = yargs(hideBin(process.argv))
  .scriptName('npm run vm --')
  .option('family', { type: 'string', demandOption: true, describe: 'Family name, for example linux-base; its latest good image runs' })
  .option('memory', { type: 'number', default: 1024, describe: 'Memory in MiB' })
  .option('user', { type: 'string', default: 'root', describe: 'User to log in as' })
  .option('identity', { type: 'string', describe: 'SSH private key; the .pub file must be in the same folder' })
  .option('backend', { type: 'string', describe: 'URL of the state backend' })
  .command(
    'up',
    'Create the machine, or replace it if the family has a newer image',
    () => {},
    async (argv) => {
      const { family, memory, user, identity, backend } = argv as unknown as Record<'family' | 'user', string> & {
        memory: number
        identity?: string
        backend?: string
      }
      const own = defined({ identityFile: identity, backend })
      const { version, login } = await upVm({ family, memory, user, ...own }, stop.signal)
      process.stdout.write(`${family} ${version} runs; log in with\n  ${login}\n`)
    },
  )
  .command(
    'destroy',
    'Delete the machine',
    () => {},
    async (argv) => {
      const { family, backend } = argv as unknown as { family: string; backend?: string }
      const was = await destroyVm({ family, ...defined({ backend }) }, stop.signal)
      process.stdout.write(was ? `deleted the machine of ${family}\n` : `${family} has no machine\n`)
    },
  )
  .demandCommand(1, 'Expected up or destroy')
  .strict()
  .fail((message, error) => {
    throw error ?? new Error(message)
  })

try {
  await cli.parseAsync()
} catch (error) {
  const hint = error instanceof BakehouseError && error.hint ? `\n${error.hint}` : ''
  process.stderr.write(`${printableLines(messageOf(error)).join('\n')}${hint}\n`)
  process.exitCode = error instanceof BakehouseError ? error.exitCode : 1
}
