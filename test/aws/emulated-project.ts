import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { homeFolder, projectFolder } from '../../src/core/paths.ts'
import { motoImage } from './moto.ts'

/**
 * The Linux families of this project in a folder of their own, to be baked on the emulated cloud: a disk as base becomes an
 * image that the API server has, and machines are reached by a proxy command. All else of a family stays as it is.
 * What an emulated cloud forgets must not be in a state that stays: the project has its own.
 */
export function writeEmulatedProject(folder: string): Record<string, string> {
  const home = join(folder, '.bakehouse')
  mkdirSync(home, { recursive: true })
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  const from = join(projectFolder(), 'playbooks')
  for (const name of readdirSync(from)) {
    const file = join(from, name, 'family.yaml')
    if (!existsSync(file)) continue
    cpSync(join(from, name), join(folder, 'playbooks', name), { recursive: true })
    writeFileSync(join(folder, 'playbooks', name, 'family.yaml'), renderEmulatedFamily(readFileSync(file, 'utf8')))
  }
  return { BAKEHOUSE_PROJECT: folder, BAKEHOUSE_HOME: home }
}

/** The text of a `family.yaml`, changed so that it bakes on the emulated cloud. */
export function renderEmulatedFamily(text: string): string {
  const document = parseDocument(text)
  if (document.get('os') === 'windows') return text
  document.set('cloud', 'aws')
  if (document.getIn(['base', 'family']) === undefined) document.set('base', { amiId: motoImage })
  if (document.hasIn(['aws', 'base'])) document.deleteIn(['aws', 'base'])
  // Without a processor's help a machine is slow to come up by cloud-init.
  document.setIn(['login', 'timeout'], '30m')
  document.setIn(['aws', 'reach'], { proxyCommand: `'${process.execPath}' '${join(import.meta.dirname, 'reach.ts')}' %h` })
  return document.toString()
}
