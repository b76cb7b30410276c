import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectFolder } from '../../src/core/paths.ts'
import { runSmallProgram, type SmallProgram } from '../../src/core/small-program.ts'
import { writeEmulatedProject } from './emulated-project.ts'
import { namesWindows, windowsPassword, writeEmulatedWindows } from './emulated-windows.ts'
import { startGateway } from './gateway.ts'
import { openMachineRoom } from './machine-room.ts'
import { motoEnvironment, startMoto } from './moto.ts'
import { writePluginFolder } from './plugin-folder.ts'

/** Runs a command with an EC2 emulator, the emulated provider, and a local machine behind each instance. They end with the command. */
const emulated: SmallProgram = {
  command: 'npm run aws:emulated --',
  describe: 'Runs a command with an EC2 emulator on this computer. Each instance is a local virtual machine. No AWS account is needed.',
  rest: ['<command…>', 'the command, with its arguments; what it prints on stdout is left as it is'],
  examples: [['npm run bake -- --family linux-web --cloud aws', 'build a family on the emulated EC2']],
  run: async ({ rest }) => runEmulated(rest),
}

async function runEmulated([program = '', ...args]: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-aws-'))
  await using moto = await startMoto(join(folder, 'moto.log'))
  await using gateway = await startGateway(moto.url)
  Object.assign(process.env, motoEnvironment(gateway.url), { BAKEHOUSE_PLUGINS: writePluginFolder(join(folder, 'plugin')) })
  const isWindows = namesWindows(args, projectFolder())
  if (isWindows) Object.assign(process.env, writeEmulatedWindows(join(folder, 'windows')))
  gateway.password = windowsPassword
  Object.assign(process.env, writeEmulatedProject(join(folder, 'project')))
  // No machine of this computer runs Windows.
  await using room = isWindows ? undefined : await openMachineRoom(join(folder, 'machines'), moto.url)
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, BAKEHOUSE_MACHINES: room?.folder ?? '' } })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  if (process.env.BAKEHOUSE_EMULATED_KEEP) process.stderr.write(`kept: ${folder}\n`)
  else process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return exitCode
}

process.exitCode = await runSmallProgram(emulated, process.argv.slice(2))
