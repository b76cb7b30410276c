import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAptSources } from '../../../../src/cloud/local/base/sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-apt-'))
  mkdirSync(join(folder, 'sources.list.d'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

describe('the Debian mirrors of this computer', () => {
  it('are read from deb822 files, with their keys; other archives are ignored', () => {
    write(
      'sources.list.d/debian.sources',
      'Types: deb deb-src\n# http://snapshot/debian\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By: /k.gpg\n\nTypes: deb\nURIs: http://node.example/node_20.x\nSuites: nodistro\nComponents: main\n',
    )
    expect(readAptSources('bookworm', folder)).toEqual([
      'deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib',
      'deb [signed-by=/k.gpg] http://mirror.example/debian bookworm-updates main contrib',
    ])
  })

  it('are read from one-line files', () => {
    write(
      'sources.list',
      '# deb http://old.example/debian bookworm main\ndeb [arch=amd64] http://mirror.example/debian-security/ bookworm-security main\ndeb-src http://mirror.example/debian bookworm main\n',
    )
    expect(readAptSources('bookworm', folder)).toEqual(['deb [arch=amd64] http://mirror.example/debian-security/ bookworm-security main'])
  })

  it.each([
    ['another suite', 'deb http://mirror.example/debian trixie main\n'],
    ['another system', 'deb http://mirror.example/ubuntu noble main\n'],
    ['an empty file', ''],
  ])('are empty for %s', (_what, text) => {
    write('sources.list', text)
    expect(readAptSources('bookworm', folder)).toEqual([])
  })

  it('leave out a disabled stanza', () => {
    write('sources.list.d/a.sources', 'Enabled: no\nTypes: deb\nURIs: http://m.example/debian\nSuites: bookworm\nComponents: main\n')
    expect(readAptSources('bookworm', folder)).toEqual([])
  })
})
