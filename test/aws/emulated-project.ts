import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { homeFolder, projectFolder } from '../../src/core/paths.ts'
import { motoImage } from './moto.ts'

/**
 * A copy of the Linux families of this project, changed for the EC2 emulator: a disk as base image becomes an image of the API server, and
 * a proxy command connects to machines. The copy has its own state, because the emulator forgets its resources when it ends.
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

/** The text of a `family.yaml`, changed for the EC2 emulator. */
export function renderEmulatedFamily(text: string): string {
  const document = parseDocument(text)
  if (document.get('os') === 'windows') return renderEmulatedWindows(document)
  document.set('cloud', 'aws')
  if (document.getIn(['base', 'family']) === undefined) document.set('base', { amiId: motoImage })
  if (document.hasIn(['aws', 'base'])) document.deleteIn(['aws', 'base'])
  // An emulated machine with cloud-init starts slowly.
  document.setIn(['login', 'timeout'], '30m')
  document.setIn(['aws', 'reach'], { proxyCommand: `'${process.execPath}' '${join(import.meta.dirname, 'reach.ts')}' %h` })
  return document.toString()
}

/** A program answers instead of Windows. With PowerShell remoting it needs the certificate of the machine, which the relay takes from EC2. */
function renderEmulatedWindows(document: ReturnType<typeof parseDocument>): string {
  const transport = process.env.BAKEHOUSE_EMULATED_TRANSPORT ?? document.getIn(['login', 'transport'])
  if (transport === 'psrp') {
    document.setIn(['login', 'transport'], 'psrp')
    document.setIn(['login', 'by'], 'password')
  }
  const relay = `'${process.execPath}' '${join(import.meta.dirname, '../fixtures/windows/wsman-relay.mjs')}' %h`
  document.setIn(['aws', 'reach'], { proxyCommand: relay, ingress: '192.0.2.1/32' })
  return document.toString()
}
