import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { canCover, checkFakeRoot } from './fake-root.ts'

const file = 'var/lib/dpkg/status'
const entry = (name: string, status: string): string => `Package: ${name}\nStatus: ${status}\nVersion: 1\n\n`

describe.skipIf(!canCover || !existsSync(`/${file}`))('half installed packages', () => {
  it.each([
    [
      'are named',
      [entry('good', 'install ok installed'), entry('one', 'install ok half-configured'), entry('two', 'install ok unpacked')],
      'found one two',
    ],
    ['are not those that were removed', [entry('good', 'install ok installed'), entry('old', 'deinstall ok config-files')], undefined],
  ])('%s', (_what, entries, message) => {
    const { cases } = checkFakeRoot({ [file]: entries.join('') })
    expect(cases.get('no-half-installed-packages')).toMatchObject({ status: message ? 'failed' : 'passed', ...(message && { message }) })
  })
})
