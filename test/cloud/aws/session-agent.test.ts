import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { agentBucket, agentScript, renderLinuxUserData } from '../../../src/cloud/aws/user-data.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bh-agent-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the script with tools that only note their arguments. Returns what they noted. */
function run(tools: Readonly<Record<string, string>>): string[] {
  const notes = join(folder, 'notes')
  writeFileSync(notes, '')
  for (const [name, body] of Object.entries({ systemctl: '', ...tools })) {
    const tool = join(folder, name)
    writeFileSync(tool, `#!/bin/sh\necho "${name} $(echo "$*" | sed -E 's:/[^ ]*/tmp[^ /]*/:FOLDER/:g')" >> ${notes}\n${body}\n`)
    chmodSync(tool, 0o755)
  }
  const env = { PATH: `${folder}:/nowhere`, TMPDIR: folder }
  for (const name of ['sh', 'echo', 'sed', 'grep', 'mktemp', 'rm', 'uname']) link(name)
  const { status, stderr } = spawnSync('/bin/sh', ['-c', agentScript('https://bucket')], { env, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return readFileSync(notes, 'utf8').trim().split('\n')
}

/** Makes a real tool available by a script, so that the script of the test finds no others. */
function link(name: string): void {
  const tool = join(folder, name)
  writeFileSync(tool, `#!/bin/sh\nPATH=/usr/bin:/bin exec ${name} "$@"\n`)
  chmodSync(tool, 0o755)
}

describe('the agent of Session Manager', () => {
  const download = 'python3 -c import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])'

  it('is installed on Debian, whose images have none', () => {
    const done = run({ dpkg: '', python3: '' })
    expect(done[1]).toMatch(`${download} https://bucket/debian_a`)
    expect(done.slice(2)).toEqual([expect.stringMatching(/^dpkg -i .*amazon-ssm-agent\.deb$/), 'systemctl enable --now amazon-ssm-agent'])
  })

  it('is installed as an RPM package elsewhere', () => {
    const done = run({ rpm: '', python3: '' })
    expect(done[1]).toMatch(`${download} https://bucket/linux_a`)
    expect(done[2]).toMatch(/^rpm -U .*amazon-ssm-agent\.rpm$/)
  })

  it('is left alone if the image has it', () => {
    expect(run({ dpkg: '', systemctl: 'echo snap.amazon-ssm-agent.amazon-ssm-agent.service enabled' })).toEqual([
      'systemctl list-unit-files',
    ])
  })

  it('is part of the user data only where it is needed', () => {
    const spec = { user: 'admin', publicKey: 'k', hostKeys: [], expires: '2026-11-27T10:00:00Z' }
    expect(parse(renderLinuxUserData(spec))).not.toHaveProperty('runcmd')
    const { runcmd } = parse(renderLinuxUserData({ ...spec, agentFrom: agentBucket('cn-north-1') })) as { runcmd: string[][] }
    expect(runcmd[0]?.[2]).toContain('bucket=https://s3.cn-north-1.amazonaws.com.cn/amazon-ssm-cn-north-1/latest\n')
  })
})
