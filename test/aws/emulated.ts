import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeEmulatedProject } from './emulated-project.ts'
import { startGateway } from './gateway.ts'
import { openMachineRoom } from './machine-room.ts'
import { motoEnvironment, startMoto } from './moto.ts'
import { writePluginFolder } from './plugin-folder.ts'

/**
 * `npm run aws:emulated -- <command…>` runs a command with an EC2 API server, the emulated provider, and a local machine for each instance.
 * All of them end with the command. The standard output of the command is not changed.
 */
async function main(command: readonly string[]): Promise<number> {
  const [program, ...args] = command
  if (program === undefined) {
    process.stderr.write('Expected a command: npm run aws:emulated -- npm run bake -- --family …\n')
    return 2
  }
  const folder = mkdtempSync(join(tmpdir(), 'bh-aws-'))
  await using moto = await startMoto(join(folder, 'moto.log'))
  await using gateway = await startGateway(moto.url)
  Object.assign(process.env, motoEnvironment(gateway.url), { BAKEHOUSE_PLUGINS: writePluginFolder(join(folder, 'plugin')) })
  Object.assign(process.env, writeEmulatedProject(join(folder, 'project')))
  await using room = await openMachineRoom(join(folder, 'machines'), moto.url)
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, BAKEHOUSE_MACHINES: room.folder } })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  if (process.env.BAKEHOUSE_EMULATED_KEEP) process.stderr.write(`kept: ${folder}\n`)
  else process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return exitCode
}

process.exitCode = await main(process.argv.slice(2))
