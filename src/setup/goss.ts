import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { fileKey, findCached, makeCached } from './cached.ts'
import { downloadFile, firstThatWorks, isReachable } from './download.ts'
import { findGo, minimumGo, runGoBuild } from './go.ts'
import type { SetupTask } from './task.ts'

const version = 'v0.4.9'
const modules = join(import.meta.dirname, 'goss')
const url = `https://github.com/goss-org/goss/releases/download/${version}/goss-linux-`
const sha256 = {
  amd64: '87dd36cfa1b8b50554e6e2ca29168272e26755b19ba5438341f7c66b36decc19',
  arm64: '14fd24ac08236559f4809e6a627792d1b947ed98654bba1662ef1d6122d77e18',
}

/** Plans goss for Linux guests with the CPU architecture of this computer: built from pinned modules, else the official download. */
export async function planGoss(): Promise<SetupTask<string>> {
  const key = `goss/${fileKey(version, [join(modules, 'go.mod'), join(modules, 'go.sum')])}`
  const cached = findCached(key)
  if (cached) return { have: join(cached, 'goss') }
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const go = await findGo(modules)
  const online = !go && (await isReachable(url + arch))
  if (!go && !online) throw missing()
  return {
    todo: go ? `building ${version} from source` : `downloading ${version}`,
    async run(report) {
      const folder = await makeCached(key, report, async (place) => {
        mkdirSync(place, { recursive: true })
        const output = join(place, 'goss')
        const program = 'github.com/goss-org/goss/cmd/goss'
        const build = { modules, program, version: ['github.com/goss-org/goss/util.Version', version] as const, output }
        const target = { GOOS: 'linux', GOARCH: arch }
        await firstThatWorks(go ? [() => runGoBuild(go, build, report, target)] : [() => downloadFile(url + arch, sha256[arch], output)])
      })
      return join(folder, 'goss')
    },
  }
}

function missing(): MissingError {
  return new MissingError(`goss ${version}, which runs tests in the machines, can neither be downloaded nor built`, {
    hint: `install Go >= ${minimumGo}, or allow connections to github.com`,
  })
}
