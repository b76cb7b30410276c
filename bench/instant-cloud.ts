import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { homeFolder } from '../src/core/paths.ts'
import { type Gateway, startGateway } from '../test/aws/gateway.ts'
import { motoEnvironment, motoImage, startMoto } from '../test/aws/moto.ts'
import { writePluginFolder } from '../test/aws/plugin-folder.ts'

/** A project on the EC2 emulator, whose machines answer immediately. */
export interface InstantCloud extends AsyncDisposable {
  /** The folder of the project. */
  readonly folder: string
  readonly gateway: Gateway
  readonly env: Readonly<Record<string, string>>
  readonly families: readonly string[]
}

const stage = join(import.meta.dirname, 'instant')

/** Creates a project with `count` families, each with a playbook and a suite, and starts the EC2 emulator on which they are built. */
export async function openInstantCloud(count: number): Promise<InstantCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-many-'))
  const home = join(folder, '.bakehouse')
  mkdirSync(home)
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  const families = Array.from({ length: count }, (_, index) => `instant-${String(index + 1).padStart(2, '0')}`)
  for (const family of families) writeFamily(join(folder, 'playbooks', family))
  const moto = await startMoto()
  const gateway = await startGateway(moto.url)
  const env = {
    ...motoEnvironment(gateway.url),
    BAKEHOUSE_PROJECT: folder,
    BAKEHOUSE_HOME: home,
    BAKEHOUSE_VENV: join(stage, 'venv'),
    BAKEHOUSE_PLUGINS: writePluginFolder(join(folder, 'plugin'), { quick: true }),
    PATH: `${stage}${delimiter}${process.env.PATH ?? ''}`,
  }
  return {
    folder,
    gateway,
    env,
    families,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await moto[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function writeFamily(folder: string): void {
  mkdirSync(join(folder, 'verify'), { recursive: true })
  const family = {
    cloud: 'aws',
    base: { amiId: motoImage },
    configure: { strategy: 'linear' },
    verify: { suites: [{ goss: 'verify/goss.yaml' }] },
    aws: { reach: { proxyCommand: 'true' } },
  }
  writeFileSync(join(folder, 'family.yaml'), JSON.stringify(family))
  writeFileSync(join(folder, 'playbook.yml'), '- name: Instant\n  hosts: all\n  tasks: []\n')
  writeFileSync(join(folder, 'verify/goss.yaml'), 'file:\n  /etc/instant: {exists: true}\n')
}
