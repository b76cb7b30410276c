import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  EC2Client,
  type Instance,
  StopInstancesCommand,
  type Tag,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { ensureDebianBase } from '../../src/cloud/local/base/debian.ts'
import { isMachineRunning, type LocalMachine, machineFiles, makeMachine, removeMachine } from '../../src/cloud/local/machines/machine.ts'
import { startMachine } from '../../src/cloud/local/machines/start.ts'
import { makeOverlay } from '../../src/cloud/local/qemu/img.ts'
import { findFreePort } from '../../src/cloud/local/qemu/port.ts'
import { runTool } from '../../src/core/exec.ts'
import type { Tags } from '../../src/model/tags.ts'

/** Local machines for the instances of an EC2 API server, whose own instances do not boot. */
export interface MachineRoom extends AsyncDisposable {
  /** A folder with a file for each address of an instance. The file contains the local port that is forwarded to it. */
  readonly folder: string
}

interface Machine {
  readonly local: LocalMachine
  readonly build: string
}

/**
 * Polls the server at `endpoint`. Starts a local machine for each running instance with Bakehouse tags, with the user data and the key that
 * EC2 would give it. If a machine powers off, stops its instance; if an instance is terminated, ends its machine. An instance of an image
 * starts from the disk of the machine from which the image was made.
 */
export async function openMachineRoom(folder: string, endpoint: string): Promise<MachineRoom> {
  mkdirSync(folder, { recursive: true })
  const client = new EC2Client({ endpoint })
  const machines = new Map<string, Machine>()
  const disks = new Map<string, string>()
  const closing = new AbortController()
  const look = async (): Promise<void> => {
    for (const instance of await ourInstances(client)) {
      const id = instance.InstanceId ?? ''
      const state = instance.State?.Name
      const machine = machines.get(id)
      if (!machine && state === 'running') machines.set(id, await openMachine(client, instance, folder, disks))
      else if (machine && state === 'running' && !isMachineRunning(machine.local)) await goesDown(client, instance)
      else if (machine && state === 'terminated' && isMachineRunning(machine.local)) await powerOff(machine)
    }
  }
  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look().catch((error: unknown) => process.stderr.write(`machine room: ${String(error)}\n`))
      await sleep(300)
    }
  }
  const watching = watch()
  return {
    folder,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await watching
      for (const { local } of machines.values()) await removeMachine(local)
    },
  }
}

async function ourInstances(client: EC2Client): Promise<Instance[]> {
  const Filters = [{ Name: 'tag:bakehouse:tool', Values: ['bakehouse'] }]
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }))
  return Reservations.flatMap(({ Instances }) => Instances ?? [])
}

async function openMachine(client: EC2Client, instance: Instance, folder: string, disks: Map<string, string>): Promise<Machine> {
  const id = instance.InstanceId ?? ''
  const tags = tagsOf(instance.Tags)
  const made = await makeMachine(id, { tags, image: instance.ImageId ?? '', sshPort: await findFreePort() })
  const { disk, seed } = machineFiles(made)
  await makeOverlay(await diskOf(client, instance.ImageId ?? '', disks), disk, 4)
  await writeSeed(seed, id, await readUserData(client, id), await readPublicKey(client, instance.KeyName))
  const local = await startMachine(made, {
    signal: AbortSignal.timeout(1_700_000),
    cpus: 2,
    memory: 1024,
    tags,
    network: tags.stage === 'base',
    credentials: {},
    seed,
  })
  writeFileSync(join(folder, instance.PrivateIpAddress ?? id), String(local.sshPort))
  if (tags.stage === 'base') disks.set(tags.build, disk)
  return { local, build: tags.build }
}

async function goesDown(client: EC2Client, { InstanceId = '' }: Instance): Promise<void> {
  const query = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'instanceInitiatedShutdownBehavior' })
  const { InstanceInitiatedShutdownBehavior: behaviour } = await client.send(query)
  const InstanceIds = [InstanceId]
  if (behaviour?.Value === 'terminate') await client.send(new TerminateInstancesCommand({ InstanceIds }))
  else await client.send(new StopInstancesCommand({ InstanceIds }))
}

/** Ends a machine. Its disk is kept, because images were made from it. */
async function powerOff({ local }: Machine): Promise<void> {
  if (local.process) process.kill(local.process.pid, 'SIGTERM')
}

async function diskOf(client: EC2Client, image: string, disks: Map<string, string>): Promise<string> {
  const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [image] }))
  const found = disks.get(tagsOf(Images?.[0]?.Tags).build)
  if (found) return found
  return (await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress: () => {}, signal: new AbortController().signal })).path
}

async function readUserData(client: EC2Client, InstanceId: string): Promise<string> {
  const { UserData } = await client.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' }))
  return Buffer.from(UserData?.Value ?? '', 'base64').toString()
}

async function readPublicKey(client: EC2Client, name: string | undefined): Promise<string> {
  const { KeyPairs } = await client.send(new DescribeKeyPairsCommand({ KeyNames: [name ?? ''], IncludePublicKey: true }))
  return KeyPairs?.[0]?.PublicKey ?? ''
}

/** The data of the EC2 metadata service as a disk for cloud-init. */
async function writeSeed(file: string, id: string, userData: string, publicKey: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-seed-'))
  try {
    writeFileSync(join(folder, 'user-data'), userData)
    writeFileSync(join(folder, 'meta-data'), JSON.stringify({ 'instance-id': id, 'public-keys': [publicKey.trim()] }))
    // The base disk sets its name servers when networkd starts. It does not notice if cloud-init has started the network before.
    writeFileSync(join(folder, 'vendor-data'), '#cloud-boothook\n#!/bin/sh\nsystemctl --no-block start resolv-conf.service\n')
    await runTool('xorriso', ['-as', 'genisoimage', '-quiet', '-V', 'cidata', '-J', '-r', '-o', file, folder])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tagsOf(tags: readonly Tag[] | undefined): Tags {
  const value = (key: string): string => tags?.find(({ Key }) => Key === `bakehouse:${key}`)?.Value ?? ''
  const stage = value('stage') as Tags['stage']
  return { tool: 'bakehouse', family: value('family'), version: value('version'), build: value('build'), stage, expires: value('expires') }
}
