import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bakeFamily } from '../src/bake/bake-family.ts'
import { resolveLocalBase } from '../src/cloud/local/base/resolve.ts'
import { flattenArguments } from '../src/cloud/local/qemu/img.ts'
import { runTool } from '../src/core/exec.ts'
import { readQemu } from '../src/core/tools.ts'
import { readFamily } from '../src/family/read-family.ts'
import { type BenchRequest, interleave, renderConditions, renderTable, timed } from './measure.ts'
import { makeReferenceProject } from './reference-project.ts'
import { megabytes } from './watched-bake.ts'

/** Disk space of the home folder (`.bakehouse`) after a phase of a build, in bytes. */
interface Usage {
  readonly phase: string
  /** Overlay disks of machines. For a machine that was restored from a VM snapshot, this includes its saved memory. */
  readonly machines: number
  /** The candidate, and the copy that is being written. */
  readonly candidate: number
  readonly promoted: number
}

/** Measures the disk space of the temporary resources of a build and of the promoted image, and the space and time of compression. */
export async function main({ rounds = 3 }: BenchRequest): Promise<void> {
  const project = makeReferenceProject()
  Object.assign(process.env, project.env)
  try {
    const { usages, added, imagePath } = await bakeAndMeasure(project.home)
    const [base, promoted] = [await baseBytes(), allocated(imagePath)]
    const { table, compressed, slower } = await compareCompression(imagePath, rounds)
    const rows = usages.map(({ phase, ...sizes }) => `| ${[phase, ...Object.values(sizes).map(megabytes)].join(' | ')} |`)
    process.stdout.write(
      [
        ...['| after | machines MB | candidate MB | promoted MB |', '| --- | ---: | ---: | ---: |', ...rows, '', table, ''],
        `base ${megabytes(base)} MB, added ${megabytes(added)} MB, promoted ${megabytes(promoted)} MB, compressed ${megabytes(compressed)} MB`,
        ...['', await renderConditions(), ''],
        `ratio promoted-over-base-plus-added: ${(promoted / (base + added)).toFixed(2)}`,
        `ratio compressed-over-plain-size: ${(compressed / promoted).toFixed(2)}`,
        `ratio compressed-over-plain-time: ${slower.toFixed(2)}`,
        '',
      ].join('\n'),
    )
  } finally {
    project.remove()
  }
}

async function bakeAndMeasure(home: string): Promise<{ usages: Usage[]; added: number; imagePath: string }> {
  const usages: Usage[] = []
  let added = 0
  const request = { family: 'reference', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
  const outcome = await bakeFamily(
    request,
    (event) => {
      if (event.type !== 'phase' || event.status !== 'done') return
      usages.push({ phase: event.phase, ...measureHome(home) })
      if (event.phase === 'candidate') added = writtenBytes(home)
      process.stderr.write(`${event.phase} … done\n`)
    },
    new AbortController().signal,
  )
  if (outcome.status !== 'promoted' || !outcome.imagePath) throw new Error(`the build failed: ${outcome.error?.message}`)
  return { usages, added, imagePath: outcome.imagePath }
}

function measureHome(home: string): Omit<Usage, 'phase'> {
  const images = listFiles(join(home, 'images')).filter((file) => /\.(qcow2|partial)$/.test(file))
  const isCandidate = (file: string): boolean => /candidate/.test(file) || file.endsWith('.partial')
  return {
    machines: sum(listFiles(join(home, 'instances')).filter((file) => file.endsWith('.qcow2'))),
    candidate: sum(images.filter(isCandidate)),
    promoted: sum(images.filter((file) => !isCandidate(file))),
  }
}

/** Bytes that the build changed in the base image: the data in the top layer of the candidate, without a VM snapshot. */
function writtenBytes(home: string): number {
  const candidate = listFiles(join(home, 'images')).find((file) => file.endsWith('-candidate.qcow2')) ?? ''
  const map = execFileSync(readQemu().img, ['map', '--force-share', '--output=json', candidate], { encoding: 'utf8' })
  const extents = JSON.parse(map) as { depth: number; data: boolean; length: number }[]
  return extents.filter(({ depth, data }) => depth === 0 && data).reduce((all, { length }) => all + length, 0)
}

async function baseBytes(): Promise<number> {
  const base = await resolveLocalBase(await readFamily('reference'), {
    progress: () => {},
    warn: () => {},
    latestGood: () => Promise.reject(new Error('the reference starts from no family')),
    signal: new AbortController().signal,
  })
  return allocated(base.id)
}

/** Measures writing the promoted image again, plain and compressed. A build does this while the trial is verified. */
async function compareCompression(source: string, rounds: number): Promise<{ table: string; compressed: number; slower: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-disk-'))
  const write = (compress: boolean) => () => {
    const target = join(folder, compress ? 'compressed' : 'plain')
    rmSync(target, { force: true })
    return timed(() => runTool(readQemu().img, flattenArguments({ source, sourceFormat: 'qcow2', target, compress })))
  }
  try {
    const measured = await interleave(
      [
        { name: 'one file, plain', run: write(false) },
        { name: 'one file, compressed', run: write(true) },
      ],
      rounds,
    )
    const [plain = 1, packed = 0] = measured.map((each) => each.median)
    return { table: renderTable(measured), compressed: allocated(join(folder, 'compressed')), slower: packed / plain }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function listFiles(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}

function sum(files: readonly string[]): number {
  return files.reduce((all, file) => all + allocated(file), 0)
}

/** Bytes that a file uses on disk; holes do not count. */
function allocated(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512
}
