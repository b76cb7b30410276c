import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readQemu } from '../../src/core/tools.ts'
import { makeProject } from '../helpers/project.ts'

const project = makeProject({})
afterAll(() => project[Symbol.asyncDispose](), 120_000)

const disk = join(project.folder, 'windows.qcow2')
execFileSync(readQemu().img, ['create', '-q', '-f', 'qcow2', disk, '64M'])
const own = `base: { image: ${disk}, sha256: ${createHash('sha256').update(readFileSync(disk)).digest('hex')} }`
const login = 'login: { transport: psrp, by: password, user: Administrator }'
const password = 'configure: { strategy: linear, secrets: { ansible_password: { env: WINDOWS_PASSWORD } } }'
const yaml = (...lines: string[]): string => ['os: windows', 'cloud: local', ...lines, ''].join('\n')

describe('a local build of a Windows family stops before it creates anything', { timeout: 240_000 }, () => {
  it.each([
    [
      'without a Windows disk image',
      yaml('base: { parameter: /aws/service/ami-windows-latest/x }', login, password),
      2,
      'expected a base for the cloud local (image, family), got parameter',
      'base: {image: <qcow2>, sha256: …}',
    ],
    [
      'with a disk image that does not exist',
      yaml(`base: { image: /nowhere/windows.qcow2, sha256: ${'a'.repeat(64)} }`, login, password),
      2,
      'the base image /nowhere/windows.qcow2 does not exist',
      'a WinRM listener for HTTPS on port 5986',
    ],
    [
      'with Debian as its base image',
      yaml('base: { debian: bookworm }', login, password),
      2,
      'expected a base that can run windows, got debian',
      undefined,
    ],
    [
      'without a password',
      yaml(own, login, 'configure: { strategy: linear }'),
      3,
      'win: the password of Administrator is unknown: the cloud local provides none',
      'ansible_password: {env: WINDOWS_PASSWORD}',
    ],
    [
      'if the variable of its password is not set',
      yaml(own, login, password.replace('WINDOWS_PASSWORD', 'NOT_SET_ANYWHERE')),
      2,
      'expected a secret in the environment variable NOT_SET_ANYWHERE, got no value',
      'set NOT_SET_ANYWHERE',
    ],
    [
      'with an InSpec suite, if InSpec is not installed',
      yaml(own, login, password, 'verify: { suites: [{ inspec: verify/profile }] }'),
      3,
      'neither inspec nor cinc-auditor is on the PATH',
      'install Cinc Auditor',
    ],
  ] as [string, string, number, string, string | undefined][])('%s', async (_what, family, code, message, hint) => {
    project.write({ 'win/family.yaml': family, 'win/playbook.yml': '- hosts: all\n', 'win/verify/profile/inspec.yml': 'name: p\n' })
    const { exitCode, outcome } = await project.bake('win', [], { WINDOWS_PASSWORD: 'Canary-Pa55word', PATH: '/nowhere' })
    expect(outcome.error?.message).toContain(message)
    if (hint) expect(`${outcome.error?.message} ${outcome.error?.hint}`).toContain(hint)
    expect(exitCode).toBe(code)
    const made = ['builds', 'images', 'instances'].filter((name) => existsSync(join(project.home, name)))
    expect(made.flatMap((name) => readdirSync(join(project.home, name)))).toEqual([])
  })
})
