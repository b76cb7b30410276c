import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianBase } from '../src/cloud/local/base/debian.ts'
import { removeMachine } from '../src/cloud/local/machines/machine.ts'
import { launchMachine } from '../src/cloud/local/provider/launch.ts'
import { flattenArguments } from '../src/cloud/local/qemu/img.ts'
import { run, runTool } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import { readQemu } from '../src/core/tools.ts'
import { buildFiles } from '../src/model/build-folder.ts'
import type { Family } from '../src/model/family.ts'
import { type BenchRequest, interleave, renderConditions, renderTable, timed } from './measure.ts'
import { buildWithPacker, type PackerBuild, type PackerSpec, requirePacker } from './packer.ts'
import { bakeReference, makeReferenceProject } from './reference-project.ts'
import { buildByScript } from './script.ts'

/**
 * Compares a whole build of Bakehouse with Packer that only builds, that builds with Mitogen, and that builds with Mitogen and then does
 * the same work: boots its image, runs the same tests, copies it. The lower limit is a shell script that only builds. All use the same
 * base disk, playbook and virtual hardware.
 */
export async function main({ rounds = 3 }: BenchRequest): Promise<void> {
  requirePacker()
  const project = makeReferenceProject()
  const request = await firstBake(project)
  const family = request.family
  const base = await ensureDebianBase({ release: 'bookworm', variant: 'lean', progress: () => {}, signal: new AbortController().signal })
  const spec = { base: base.path, playbook: join(family.folder, 'playbook.yml'), cpus: family.machine.cpus, memory: family.machine.memory }
  const packer = (mitogen: boolean, after: (build: PackerBuild) => Promise<void> = async () => {}) =>
    timedBuild({ ...spec, mitogen }, after)
  try {
    const measured = await interleave(
      [
        { name: 'Bakehouse, whole build', run: () => timed(() => bakeReference(project.env)) },
        { name: 'Packer, build only', run: () => packer(false) },
        { name: 'Packer with Mitogen, build only', run: () => packer(true) },
        { name: 'Packer with Mitogen, same work', run: () => packer(true, (build) => verifyAndCopy(build, request)) },
        { name: 'Ansible + QEMU script, build only', run: () => buildByScript({ ...spec, mitogen: true }) },
      ],
      rounds,
    )
    const [whole = 0, plain = 1, mitogen = 1, same = 1, floor = 1] = measured.map((each) => each.median)
    const version = (await run('packer', ['version'])).stdout.replace(/^Packer v/, '').split('\n')[0] ?? ''
    process.stdout.write(`${renderTable(measured)}\n\n${await renderConditions({ packer: version })}\n\n`)
    process.stdout.write(`ratio packer-build-only: ${(whole / plain).toFixed(2)}\n`)
    process.stdout.write(`ratio packer-mitogen-build-only: ${(whole / mitogen).toFixed(2)}\n`)
    process.stdout.write(`ratio packer-mitogen-same-work: ${(whole / same).toFixed(2)}\n`)
    process.stdout.write(`ratio script-build-only: ${(whole / floor).toFixed(2)}\n`)
  } finally {
    project.remove()
  }
}

interface Request {
  readonly family: Family
  readonly [more: string]: unknown
}

/** Runs a first build, which fills the caches (VM snapshot). Returns its request file, which `verifyAndCopy` needs. */
async function firstBake(project: ReturnType<typeof makeReferenceProject>): Promise<Request> {
  const { version } = await bakeReference(project.env)
  const { default: request } = await import(join(project.home, 'builds/reference', version, buildFiles.request), { with: { type: 'json' } })
  return request as Request
}

async function timedBuild(spec: PackerSpec, after: (build: PackerBuild) => Promise<void>): Promise<number> {
  let build: PackerBuild | undefined
  const seconds = await timed(async () => {
    build = await buildWithPacker(spec)
    await after(build)
  })
  build?.remove()
  return seconds
}

/** Does what Bakehouse does after configuring: a cold boot of the image, the hygiene checks and suites, a standalone copy. */
async function verifyAndCopy(build: PackerBuild, request: Request): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'peer-verify-'))
  for (const sub of [buildFiles.steps, buildFiles.logs, buildFiles.junit]) mkdirSync(join(folder, sub))
  writeFileSync(join(folder, buildFiles.request), JSON.stringify(request))
  cpSync(build.identityFile, join(folder, 'key'))
  const home = join(folder, 'home')
  mkdirSync(home)
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  const { machine, host } = await launchMachine(
    {
      name: 'peer',
      tags: {
        tool: 'bakehouse',
        family: 'peer',
        version: '',
        build: 'peer',
        stage: 'trial',
        expires: new Date(Date.now() + 3_600_000).toISOString(),
      },
      image: build.disk,
      publicKey: build.publicKey,
      identityFile: build.identityFile,
      knownHostsFile: join(folder, 'known_hosts'),
      user: 'root',
      login: 'credential',
      ...request.family.machine,
      loginTimeoutSeconds: 600,
      warm: false,
      diagnosticsFolder: '',
    },
    new AbortController().signal,
  )
  // The result is ignored: the hygiene checks fail, because Packer does not seal. The work is the same.
  const verify = await run(process.execPath, [join(sourceFolder(), 'steps/run.ts'), 'verify', folder], {
    env: { BAKEHOUSE_HOSTS: JSON.stringify([host]), BAKEHOUSE_HOME: home },
  })
  await removeMachine(machine)
  if (verify.exitCode !== 0 && verify.exitCode !== 10) throw new Error(`the checks did not run:\n${verify.stderr}`)
  await runTool(
    readQemu().img,
    flattenArguments({ source: build.disk, sourceFormat: 'qcow2', target: join(folder, 'copy.qcow2'), compress: false }),
  )
  rmSync(folder, { recursive: true })
}
