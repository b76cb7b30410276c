import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sourceFolder } from '../../src/core/paths.ts'
import { findInode } from '../../src/engine/plugin/peer.ts'

const require = createRequire(import.meta.url)
const grpc: typeof import('@grpc/grpc-js') = require('@grpc/grpc-js')
const rpc = require('@pulumi/pulumi/proto/provider_grpc_pb.js')
const pb: typeof import('@pulumi/pulumi/proto/provider_pb.js') = require('@pulumi/pulumi/proto/provider_pb.js')
const { Struct } = require('google-protobuf/google/protobuf/struct_pb.js')

const plugin = join(sourceFolder(), 'engine/command/main.ts')
let folder: string
let child: ChildProcess

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peer-'))
})
afterEach(() => {
  if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Starts the plugin `command`. Returns its port and its messages. */
async function start(command: string, args: readonly string[]): Promise<{ port: number; said: () => string }> {
  child = spawn(command, [...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return { port: Number(line), said: () => said }
}

/** Requests the plugin to run a command that creates a file, as the engine would. */
function create(port: number, mark: string): Promise<void> {
  const client = new rpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const request = new pb.CreateRequest()
  request.setUrn('urn:pulumi:s::p::command:local:Command::c')
  request.setProperties(Struct.fromJavaScript({ create: `touch ${mark}` }))
  return new Promise<void>((resolve, reject) => {
    client.create(request, { deadline: Date.now() + 100_000 }, (error: Error | null) => (error ? reject(error) : resolve()))
  }).finally(() => client.close())
}

describe('the port of a plugin', () => {
  it('accepts the process that started it', async () => {
    const { port } = await start(process.execPath, [plugin])
    await create(port, join(folder, 'mark'))
    expect(existsSync(join(folder, 'mark'))).toBe(true)
  })

  it('runs no command for another process, even of the same user', async () => {
    const { port, said } = await start('sh', ['-c', `'${process.execPath}' '${plugin}' & wait`])
    await expect(create(port, join(folder, 'mark'))).rejects.toThrow()
    await expect.poll(said).toContain('refused a connection that is not from its engine')
    expect(existsSync(join(folder, 'mark'))).toBe(false)
  })
})

it('identifies a connection by both of its ports', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0',
    '   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0',
    '   2: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0',
  ].join('\n')
  expect(findInode(table, 0x9c40, 0x1f90)).toBe('13')
  expect(findInode(table, 0x9c41, 0x1f90)).toBeUndefined()
})
