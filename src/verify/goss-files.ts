import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { messageOf, UsageError } from '../core/errors.ts'
import { runTool } from '../core/exec.ts'
import { resolveTreeInside } from '../core/inside.ts'

/** Limits for the folder of a goss suite. It is copied into the memory of the machine. */
const most = { bytes: 16 * 1024 * 1024, files: 5_000 } as const

/** The folder of a goss suite as a tar archive. Links are followed. `without` are files of the family that must not leave this computer. */
export async function packSuite(family: string, file: string, without: readonly string[]): Promise<Buffer> {
  const folder = dirname(file)
  const files = listSuite(family, folder).filter((name) => !without.includes(join(folder, name)))
  const work = mkdtempSync(join(tmpdir(), 'bh-'))
  try {
    const archive = join(work, 'suite.tar')
    await runTool('tar', packArguments(folder, archive), { input: files.map((name) => `${name}\0`).join('') })
    return readFileSync(archive)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Arguments of tar. It reads the names from standard input. Run bits are kept. */
function packArguments(folder: string, archive: string): string[] {
  const contents = ['--dereference', '--no-recursion', '--owner=0', '--group=0', '--mode=go-w']
  return ['--create', '--file', archive, '--directory', folder, ...contents, '--null', '--verbatim-files-from', '--files-from', '-']
}

/** The paths of all files below a folder. Throws UsageError if a link leaves the family, or if the folder is too large. */
function listSuite(family: string, folder: string): string[] {
  const files: string[] = []
  let bytes = 0
  const add = (path: string, around: readonly string[]): void => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) throw new UsageError(`${relative(family, path)} is a symbolic link to a missing file`, { hint: 'delete the link' })
    const id = `${found.dev}:${found.ino}`
    if (found.isDirectory() && !around.includes(id)) for (const name of readFolder(path)) add(join(path, name), [...around, id])
    if (!found.isFile()) return
    bytes += found.size
    files.push(relative(folder, path))
    if (bytes > most.bytes || files.length > most.files) throw tooLarge(relative(family, folder) || '.')
  }
  resolveTreeInside(family, relative(family, folder))
  add(folder, [])
  return files
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => name !== '.git' || !lstatSync(join(path, name)).isDirectory())
  } catch (cause) {
    throw new UsageError(`cannot read the suite ${path}: ${messageOf(cause)}`, { cause })
  }
}

function tooLarge(folder: string): UsageError {
  return new UsageError(`the folder ${folder} of a goss suite has more than ${most.bytes / 1024 / 1024} MiB or ${most.files} files`, {
    hint: 'put the goss file and what it needs into a separate folder: the whole folder is copied to the machine',
  })
}
