import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetConsoleOutputCommand, GetConsoleScreenshotCommand } from '@aws-sdk/client-ec2'
import { ask, clients } from './clients.ts'

/** The console log and a screenshot of an instance, as files in the folder. Files that EC2 does not provide are left out. */
export async function saveConsole(instanceId: string, folder: string): Promise<void> {
  const client = clients.ec2()
  const results = await Promise.allSettled([
    ask('to read consoles', () => client.send(new GetConsoleOutputCommand({ InstanceId: instanceId }))).then(({ Output }) =>
      save(join(folder, `${instanceId}-console.txt`), Output),
    ),
    ask('to take screenshots', () => client.send(new GetConsoleScreenshotCommand({ InstanceId: instanceId }))).then(({ ImageData }) =>
      save(join(folder, `${instanceId}-screen.jpg`), ImageData),
    ),
  ])
  const failed = results.filter((result) => result.status === 'rejected')
  if (failed.length === results.length) throw failed[0]?.reason
}

/** The text on the console of an instance, as EC2 has it now; empty if EC2 has none. */
export async function readConsole(instanceId: string): Promise<string> {
  const read = async (Latest: boolean): Promise<string> => {
    const { Output = '' } = await clients.ec2().send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest }))
    return Buffer.from(Output, 'base64').toString()
  }
  // Older types of instances have the text of their last start only.
  return read(true)
    .catch(() => read(false))
    .catch(() => '')
}

async function save(file: string, base64: string | undefined): Promise<void> {
  if (base64) await writeFile(file, Buffer.from(base64, 'base64'), { mode: 0o600 })
}
