import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { failureOf, runTool } from '../../../src/core/exec.ts'
import { quoteShell } from '../../../src/core/quote.ts'
import { removeControlFolder } from '../../../src/guest/ssh/control-folder.ts'
import { sshArguments } from '../../../src/guest/ssh/options.ts'
import { connect } from '../../../src/guest/ssh/ssh.ts'
import type { Host } from '../../../src/model/host.ts'

const host: Host = {
  instanceId: 'i-1',
  transport: 'ssh',
  address: '10.1.2.3',
  port: 2222,
  user: 'admin',
  identityFile: '/builds/one two/keys/base',
  knownHostsFile: '/builds/100%/known_hosts',
}

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'connect-test-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('sshArguments', () => {
  const options = sshArguments(host, { controlPath: '/tmp/bh-x/1' })
  test.each([
    ['reads no configuration of the user', '-F none'],
    ['pins the host key', '-o StrictHostKeyChecking=yes'],
    ['uses only the known_hosts file of the build', '-o GlobalKnownHostsFile=/dev/null'],
    ['quotes paths with blanks', '-o IdentityFile="/builds/one two/keys/base"'],
    ['escapes tokens of ssh_config', '-o UserKnownHostsFile="/builds/100%%/known_hosts"'],
    ['uses no key of an agent', '-o IdentityAgent=none'],
    ['never prompts', '-o BatchMode=yes'],
    ['shares one connection', '-o ControlMaster=auto -o ControlPath=/tmp/bh-x/1'],
    ['names port and user', '-p 2222 -l admin'],
  ])('%s', (_claim, part) => {
    expect(options.join(' ')).toContain(part)
  })

  test('uses a proxy command if there is one', () => {
    expect(options.join(' ')).not.toContain('ProxyCommand')
    expect(sshArguments({ ...host, proxyCommand: 'nc %h %p' })).toContain('ProxyCommand=nc %h %p')
  })
})

test.each(['one two', "it's", 'a "b"', 'back\\slash', 'Bücher', '100%', '#1', 'a,b', '$5', '-x'])(
  'ssh reads the paths of a build in the folder %s',
  async (name) => {
    const [identityFile, knownHostsFile] = [`/builds/${name}/key`, `/builds/${name}/known hosts`]
    const settings = { controlPath: `/tmp/${name}/1` }
    const read = await runTool('ssh', ['-G', ...sshArguments({ ...host, identityFile, knownHostsFile }, settings), host.address])
    const words = read.replaceAll('%%', '%').split('\n')
    expect(words).toEqual(expect.arrayContaining([`identityfile ${identityFile}`, `controlpath ${settings.controlPath}`]))
    expect(words.find((line) => line.startsWith('userknownhostsfile'))).toContain(knownHostsFile)
  },
)

test('the path of the socket is short enough, even if that of the build folder is long', () => {
  const folder = newFolder()
  mkSteps(folder)
  const { controlPath } = connect({ ...host, instanceId: 'x'.repeat(300) }, folder)
  expect(controlPath.length).toBeLessThan(80)
  removeControlFolder(folder)
})

test('two steps of one build share a connection, two machines do not', () => {
  const folder = newFolder()
  mkSteps(folder)
  expect(connect(host, folder).controlPath).toBe(connect(host, folder).controlPath)
  expect(connect({ ...host, instanceId: 'i-2' }, folder).controlPath).not.toBe(connect(host, folder).controlPath)
  removeControlFolder(folder)
})

test.each([
  ['plain-word_1.2/3', 'plain-word_1.2/3'],
  ['two words', "'two words'"],
  ["it's", `'it'\\''s'`],
  ['', "''"],
  ['$(rm)', "'$(rm)'"],
])('quotes %j for a shell', (word, quoted) => {
  expect(quoteShell(word)).toBe(quoted)
})

test.each([
  [{ exitCode: 1, stdout: 'out', stderr: 'a\nb\n', timedOut: false, overflowed: false }, 'b'],
  [{ exitCode: 1, stdout: 'out\n', stderr: '', timedOut: false, overflowed: false }, 'out'],
  [{ exitCode: 255, stdout: '', stderr: '', timedOut: false, overflowed: false }, 'it printed nothing'],
  [{ exitCode: 255, stdout: '', stderr: 'x', timedOut: true, overflowed: false }, 'it did not end in time'],
  [{ exitCode: 255, stdout: 'x', stderr: '', timedOut: false, overflowed: true }, 'it wrote too much output'],
])('finds the reason of the failure %j', (result, why) => {
  expect(failureOf(result)).toBe(why)
})

function mkSteps(folder: string): void {
  mkdirSync(join(folder, 'steps'))
}
