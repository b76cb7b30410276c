import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const shared = join(import.meta.dirname, '../../../shared/powershell/pwsh')

/** `pwsh`: of the variable BAKEHOUSE_PWSH, on the PATH, or beside the clone; undefined if there is none. */
export const pwsh: string | undefined = [
  process.env.BAKEHOUSE_PWSH ?? '',
  ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'pwsh')),
  shared,
].find((file) => file !== '' && existsSync(file))

/** For the title of tests that need it: why they are skipped. */
export const orSkipped = pwsh === undefined ? ' (skipped: no pwsh in BAKEHOUSE_PWSH, on the PATH or in ../shared/powershell)' : ''

const moduleFolder = join(dirname(pwsh ?? ''), 'modules')

/** Folders of modules, one for each version of Pester beside `pwsh`; without any, the modules that PowerShell knows are used. */
export const pesterFolders: Readonly<Record<string, string>> = existsSync(moduleFolder)
  ? Object.fromEntries(readdirSync(moduleFolder).map((version) => [version, join(moduleFolder, version)]))
  : {}

/** The environment in which PowerShell finds the newest of these versions. */
export const newestPester: Readonly<Record<string, string>> =
  Object.keys(pesterFolders).length > 0 ? { PSModulePath: Object.values(pesterFolders).at(-1) ?? '' } : {}

/** The versions of Pester to test with; '' is the one that PowerShell knows. */
export const pesterVersions: readonly string[] = Object.keys(pesterFolders).length > 0 ? Object.keys(pesterFolders) : ['']

/** Functions in place of the commands that only Windows has. */
export const windowsFunctions = join(import.meta.dirname, '../fixtures/windows/functions.ps1')

export interface ScriptRun {
  /** A folder with `run.ps1` and the files beside it, as `runPowerShell` makes it. */
  readonly source: string
  /** PowerShell that is run before the script, for example functions in place of commands. */
  readonly before?: string
  /** The folder of temporary files on the machine. The script runs in a folder below it. */
  readonly temp: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

export interface ScriptOutcome {
  readonly rc: number
  readonly stdout: string
  readonly stderr: string
  /** The folder in which the script ran. It is still there. */
  readonly place: string
}

/**
 * Runs `run.ps1` as src/guest/powershell/plays/run.yml does: copied to a folder `ansible.<random>.bakehouse`, started there with
 * `-File`. The only difference are the commands in `before`, which are in the profile of PowerShell.
 */
export function runScript({ source, before = '', temp, env = {}, timeoutMs = 600_000 }: ScriptRun): ScriptOutcome {
  mkdirSync(temp, { recursive: true })
  const place = `${mkdtempSync(join(temp, 'ansible.'))}.bakehouse`
  cpSync(source, place, { recursive: true })
  const config = mkdtempSync(join(tmpdir(), 'bh-profile-'))
  try {
    mkdirSync(join(config, 'powershell'))
    writeFileSync(join(config, 'powershell/profile.ps1'), `\ufeff${before}`)
    const profile = before === '' ? ['-NoProfile'] : []
    const args = ['-NoLogo', ...profile, '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', join(place, 'run.ps1')]
    const { status, signal, stdout, stderr } = spawnSync(pwsh ?? 'pwsh', args, {
      cwd: place,
      encoding: 'utf8',
      timeout: timeoutMs,
      env: { ...process.env, TEMP: temp, XDG_CONFIG_HOME: config, XDG_CACHE_HOME: config, NO_COLOR: '1', ...env },
    })
    return { rc: status ?? -1, stdout, stderr: signal === null ? stderr : `${stderr}ended by ${signal}`, place }
  } finally {
    rmSync(config, { recursive: true, force: true })
  }
}

/** Runs one script without files, and returns what it printed. */
export function runText(script: string, before = '', env: Readonly<Record<string, string>> = {}): ScriptOutcome {
  const folder = mkdtempSync(join(tmpdir(), 'bh-script-'))
  try {
    mkdirSync(join(folder, 'source'))
    writeFileSync(join(folder, 'source/run.ps1'), `\ufeff${script}`)
    return runScript({ source: join(folder, 'source'), before, temp: join(folder, 'temp'), env })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The texts of all PowerShell scripts of the product, by path. */
export function readScripts(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.psm?1$/.test(name) && !name.includes('modules/'),
  )
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]))
}

export interface CaseOutcome {
  readonly stdout: string
  /** What the script did to the machine, one line each. */
  readonly done: readonly string[]
  /** What the script threw; empty if it ended. */
  readonly thrown: string
  /** A file of the machine after the script, by its path below the system drive; undefined if it is not there. */
  read(path: string): string | undefined
}

export interface Case {
  /** PowerShell that changes the machine before the script runs. */
  readonly before?: string
  /** Files of the machine, by path below the system drive. */
  readonly files?: Readonly<Record<string, string>>
  /** Where the script is, below the system drive. Default: a folder as `runPowerShell` makes it. */
  readonly at?: string
}

/** Runs one script on several Windows machines, which are functions and folders, with one start of PowerShell. */
export function runOnMachines<Name extends string>(script: string, cases: Readonly<Record<Name, Case>>): Record<Name, CaseOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-machines-'))
  try {
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    const given = Object.entries<Case>(cases)
    for (const [index, [, { before = '', files = {}, at = temporaryScript }]] of given.entries()) {
      const drive = join(folder, `machine-${index}`)
      for (const name of ['Windows/Temp', 'Windows/System32/Sysprep', 'ProgramData', 'Users/Administrator', 'Temp'])
        mkdirSync(join(drive, name), { recursive: true })
      for (const [name, text] of Object.entries(files)) write(join(drive, name), text)
      write(join(drive, at), `\ufeff${script}`)
      write(join(folder, `case-${index}.ps1`), `\ufeff${before}`)
      write(join(folder, `script-${index}`), join(drive, at))
    }
    const driver = `
      foreach ($index in 0..${given.length - 1}) {
        $drive = Join-Path '${folder}' "machine-$index"
        $env:SystemDrive = $drive; $env:SystemRoot = "$drive/Windows"; $env:ProgramData = "$drive/ProgramData"
        $env:ProgramFiles = "$drive/Program Files"; $env:TEMP = "$drive/Temp"; $env:DONE = Join-Path '${folder}' "done-$index"
        $global:WhileAsleep = $null
        . '${windowsFunctions}'
        . (Join-Path '${folder}' "case-$index.ps1")
        Set-Location $drive
        try { & ([IO.File]::ReadAllText((Join-Path '${folder}' "script-$index"))) } catch { [IO.File]::WriteAllText((Join-Path '${folder}' "thrown-$index"), "$_") }
        [Console]::Out.WriteLine("=== end")
      }`
    const { stdout, stderr } = runText(driver)
    const parts = stdout.split('=== end\n')
    if (parts.length !== given.length + 1) throw new Error(`PowerShell ended early: ${stdout}${stderr}`)
    const readIf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)
    return Object.fromEntries(
      given.map(([name], index) => {
        const texts = Object.fromEntries(
          readdirSync(join(folder, `machine-${index}`), { recursive: true, withFileTypes: true })
            .filter((each) => each.isFile())
            .map((each) => join(each.parentPath, each.name))
            .map((file) => [file.slice(join(folder, `machine-${index}`).length + 1), readFileSync(file, 'utf8')]),
        )
        const done = (readIf(join(folder, `done-${index}`)) ?? '').split('\n').filter(Boolean)
        const outcome = { stdout: parts[index] ?? '', done, thrown: readIf(join(folder, `thrown-${index}`)) ?? '' }
        return [name, { ...outcome, read: (path: string) => texts[path] }]
      }),
    ) as unknown as Record<Name, CaseOutcome>
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder as `runPowerShell` makes it. */
const temporaryScript = 'Temp/ansible.x1y2z3.bakehouse/run.ps1'
