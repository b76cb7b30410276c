import { join } from 'node:path'
import { MissingError } from '../../../core/errors.ts'
import { type RunResult, run, runTool } from '../../../core/exec.ts'
import { setUpCommandLine } from '../../../core/program.ts'
import { reasonLine } from '../../../core/reason-line.ts'
import { asRoot, findNamespaceProblem, openFolder } from '../../../core/user-namespace.ts'
import { flattenOptions } from '../qemu/img.ts'
import { qemuTools } from '../qemu/tools.ts'
import { assembleCommand, bootstrapArguments, type DebianBase, overlayTarArguments } from './recipe.ts'
import { readAptSources } from './sources.ts'

/** Input for making a base disk. */
export interface BootstrapWork {
  readonly base: DebianBase
  /** A folder for temporary files. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** A root file system as a tar file. */
export interface RootFilesystem {
  readonly tar: string
  /** When Debian published the package lists from which it was made. */
  readonly sourceDates: readonly string[]
}

/** Makes the root file system of a base from Debian packages. Throws MissingError if a tool, a permission or the mirror is missing. */
export async function bootstrap({ base, folder, signal, say }: BootstrapWork): Promise<RootFilesystem> {
  const problem = await findNamespaceProblem()
  if (problem) throw problem
  const [tar, overlay] = [join(folder, 'rootfs.tar'), join(folder, 'overlay.tar')]
  await runTool('tar', overlayTarArguments(base.variant, overlay))
  say('installing the base system from Debian packages')
  const dates: string[] = []
  const mode = process.getuid?.() === 0 ? 'root' : 'unshare'
  const result = await run(
    'mmdebstrap',
    bootstrapArguments({ ...base, target: tar, overlay, sources: readAptSources(base.release), mode }),
    {
      signal,
      cwd: '/',
      env: { LC_ALL: 'C', TMPDIR: openFolder() },
      onLine: (line) => {
        const date = /bakehouse-source-date: (.+)/.exec(line)?.[1]
        if (date) dates.push(date)
        const step = /^I: (.*?)(\.\.\.)?$/.exec(line)?.[1]
        if (step && !step.startsWith('running --')) say(`base system: ${step}`)
      },
    },
  ).catch((cause: unknown) => {
    throw new MissingError('mmdebstrap, which makes the base disk, could not be started', { hint: setUpCommandLine(), cause })
  })
  signal.throwIfAborted()
  if (result.exitCode !== 0) throw bootstrapError(result)
  return { tar, sourceDates: [...new Set(dates)] }
}

/** Makes a bootable disk from a root file system; returns its path. Runs as root or as root of a user namespace, to set file owners. */
export async function assemble(tar: string, { base, folder, signal }: BootstrapWork): Promise<string> {
  const disk = join(folder, 'disk.qcow2')
  const convert = ['convert', ...flattenOptions({ sourceFormat: 'raw', compress: false })]
  const [program, ...args] = asRoot(assembleCommand(base, qemuTools().img, convert))
  await runTool(program, args, { signal, cwd: '/', env: { TMPDIR: openFolder() }, inputFile: tar, outputFile: disk })
  return disk
}

/** The error for a failed mmdebstrap. A missing keyring, as on Ubuntu, has its own message. */
export function bootstrapError({ stderr, exitCode }: Pick<RunResult, 'stderr' | 'exitCode'>): MissingError {
  if (/NO_PUBKEY|is not signed|EXPKEYSIG/.test(stderr)) {
    return new MissingError(
      "The signatures of Debian's packages cannot be checked: this computer has no keyring of Debian, or an old one",
      {
        hint: 'sudo apt-get install debian-archive-keyring (Fedora: sudo dnf install debian-keyring; Arch: sudo pacman -S debian-archive-keyring)',
      },
    )
  }
  const full = stderr.split('\n').find((line) => line.includes('No space left'))
  const why = full ?? (reasonLine(stderr) || `mmdebstrap ended with exit code ${exitCode}`)
  return new MissingError(`Debian packages could not be downloaded: ${why}`, {
    hint: 'check that the Debian mirror in /etc/apt can be reached: sudo apt-get update',
  })
}
