import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findStray, resolveInside, resolveTreeInside } from '../../src/core/inside.ts'

const root = mkdtempSync(join(tmpdir(), 'inside-'))
const folder = join(root, 'playbooks/web')
beforeAll(() => {
  mkdirSync(join(folder, 'verify/deep'), { recursive: true })
  mkdirSync(join(root, 'playbooks/shared'))
  mkdirSync(join(root, 'common'))
  writeFileSync(join(root, 'passphrase'), 'of the state')
  writeFileSync(join(root, 'playbooks/shared/common.yaml'), '')
  writeFileSync(join(folder, 'verify/goss.yaml'), '')
  symlinkSync('../../shared/common.yaml', join(folder, 'verify/common.yaml'))
  symlinkSync('../../passphrase', join(folder, 'out'))
  symlinkSync('../../../../passphrase', join(folder, 'verify/deep/out.yaml'))
  symlinkSync('/etc', join(folder, 'etc'))
  symlinkSync('/etc', join(root, 'common/etc'))
  symlinkSync('nowhere', join(folder, 'dangling'))
})
afterAll(() => rmSync(root, { recursive: true }))

test.each([
  ['verify/goss.yaml', undefined],
  ['verify/../verify/goss.yaml', undefined],
  ['verify/common.yaml', undefined],
  ['not/there', undefined],
  ['dangling', undefined],
  ['..data', undefined],
  ['../web/verify/goss.yaml', undefined],
  ['../../common/goss.yaml', undefined],
  ['../../common/etc/passwd', expect.stringContaining(', a link to ')],
  ['../../common/../passphrase', ''],
  ['../../common-other/goss.yaml', ''],
  ['../shared/common.yaml', ''],
  ['../../passphrase', ''],
  ['/etc/passwd', ''],
  ['etc/passwd', expect.stringContaining(', a link to ')],
  ['out', expect.stringContaining(', a link to ')],
])('%s: inside the family folder or common/, unless the reason is %j', (file, why) => {
  expect(findStray(folder, file)).toEqual(why)
})

test('returns the path of a file in the folder, and refuses a path outside', () => {
  expect(resolveInside(folder, 'verify/goss.yaml')).toBe(join(folder, 'verify/goss.yaml'))
  expect(() => resolveInside(folder, 'etc/passwd')).toThrow('expected a path inside the family folder, got "etc/passwd", a link to')
})

test('refuses a folder with a link to a path outside, at any depth, also behind a link to another family', () => {
  expect(() => resolveTreeInside(folder, 'verify')).toThrow('verify/deep/out.yaml')
  rmSync(join(folder, 'verify/deep/out.yaml'))
  expect(resolveTreeInside(folder, 'verify')).toBe(join(folder, 'verify'))
  symlinkSync('/etc', join(root, 'playbooks/shared/etc'))
  symlinkSync('../../shared', join(folder, 'verify/shared'))
  symlinkSync('.', join(folder, 'verify/again'))
  expect(() => resolveTreeInside(folder, 'verify')).toThrow('verify/shared/etc')
})
