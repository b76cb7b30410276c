import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../src/core/exec.ts'
import { packageFolder } from '../src/core/paths.ts'
import { packPackage } from '../test/helpers/repository.ts'
import { type BenchRequest, interleave, renderConditions, renderTable, timed } from './measure.ts'

/** The size of the packages in each repository, in MB. */
type Sizes = Map<string, number>

/** Measures the time of `npm install` and its size on disk, compared with the packages that a Pulumi program for AWS has in any case. */
export async function main({ rounds = 3 }: BenchRequest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-install-'))
  try {
    const contenders = { Bakehouse: [await packPackage(folder)], 'Pulumi with AWS': pulumiPackages() }
    const sizes: Sizes = new Map()
    const installs = Object.entries(contenders).map(([name, packages]) => ({ name, run: () => install(name, packages, { folder, sizes }) }))
    for (const { name, run } of installs) process.stderr.write(`${name}, to fill the cache of npm: ${(await run()).toFixed(2)} s\n`)
    const measured = await interleave(installs, rounds)
    process.stdout.write(`${renderTable(measured)}\n\n${renderSizes(sizes)}\n\n${await renderNpm()}\n\n`)
    const [own, pulumi] = measured.map(({ median }) => median)
    process.stdout.write(renderRatio('install-over-pulumi-time', own, pulumi))
    process.stdout.write(renderRatio('install-over-pulumi-size', sizes.get('Bakehouse'), sizes.get('Pulumi with AWS')))
    process.stdout.write(
      renderRatio('install-over-clone-size', sizes.get('Bakehouse'), await megabytesOf(join(packageFolder(), 'node_modules'))),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The packages of Pulumi for AWS, in the versions of this package. */
function pulumiPackages(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  return ['@pulumi/pulumi', '@pulumi/aws'].map((name) => `${name}@${dependencies[name]}`)
}

/** Installs packages in an empty repository. Returns the seconds. Packages that npm has downloaded before are not downloaded again. */
async function install(name: string, packages: readonly string[], { folder, sizes }: { folder: string; sizes: Sizes }): Promise<number> {
  const repository = mkdtempSync(join(folder, 'repository-'))
  writeFileSync(join(repository, 'package.json'), '{ "private": true }\n')
  const options = ['--save-dev', '--no-audit', '--no-fund', '--prefer-offline', '--cache', join(folder, 'npm')]
  const seconds = await timed(() => runTool('npm', ['install', ...options, ...packages], { cwd: repository, timeoutMs: 1_200_000 }))
  sizes.set(name, await megabytesOf(join(repository, 'node_modules')))
  rmSync(repository, { recursive: true })
  return seconds
}

async function megabytesOf(folder: string): Promise<number> {
  return Number((await runTool('du', ['--summarize', '--block-size=1M', folder])).split('\t')[0])
}

function renderSizes(sizes: Sizes): string {
  const rows = [...sizes].map(([name, megabytes]) => `| ${name} | ${megabytes} |`)
  return ['| `node_modules` | MB |', '| --- | ---: |', ...rows].join('\n')
}

async function renderNpm(): Promise<string> {
  return renderConditions({ npm: (await runTool('npm', ['--version'])).trim() })
}

function renderRatio(name: string, own = Number.NaN, other = Number.NaN): string {
  return `ratio ${name}: ${(own / other).toFixed(2)}\n`
}
