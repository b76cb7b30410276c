import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetConsoleOutputCommand, GetConsoleScreenshotCommand } from '@aws-sdk/client-ec2'
import { ask, clients } from './clients.ts'

/** The console log and a screenshot of an instance, as files in the folder. Files that EC2 does not provide are left out. */
export async function saveConsole(instanceId: string, folder: string): Promise<void> {
  const client = clients.ec2()
  const results = await Promise.allSettled([
    ask('to read consoles', () => fetchConsole(instanceId)).then((output) => save(join(folder, `${instanceId}-console.txt`), output)),
    ask('to take screenshots', () => client.send(new GetConsoleScreenshotCommand({ InstanceId: instanceId }))).then(({ ImageData }) =>
      save(join(folder, `${instanceId}-screen.jpg`), ImageData),
    ),
  ])
  const failed = results.filter((result) => result.status === 'rejected')
  if (failed.length === results.length) throw failed[0]?.reason
}

/** The text on the console of an instance, as EC2 has it now; empty if EC2 has none. */
export async function readConsole(instanceId: string): Promise<string> {
  const output = await fetchConsole(instanceId).catch(() => '')
  return Buffer.from(output, 'base64').toString()
}

/** The latest text in base64. Without `Latest`, EC2 has nothing of a machine that started minutes ago; only Nitro types support it. */
async function fetchConsole(InstanceId: string): Promise<string> {
  const fetch = async (Latest: boolean): Promise<string> => {
    const { Output = '' } = await clients.ec2().send(new GetConsoleOutputCommand({ InstanceId, Latest }))
    return Output
  }
  return fetch(true).catch(() => fetch(false))
}

async function save(file: string, base64 = ''): Promise<void> {
  if (base64) await writeFile(file, Buffer.from(base64, 'base64'), { mode: 0o600 })
}
