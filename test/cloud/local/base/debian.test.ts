import { describe, expect, it } from 'vitest'
import { parsePackages } from '../../../../src/cloud/local/base/debian.ts'
import { bootstrapArguments, overlayTarArguments, packages, recipeKey } from '../../../../src/cloud/local/base/recipe.ts'

describe('the recipe of the Debian base', () => {
  it('has a key that is the same as long as nothing changes', () => {
    expect(recipeKey()).toMatch(/^[0-9a-f]{16}$/)
    expect(recipeKey()).toBe(recipeKey())
  })

  it('names what a guest cannot be reached without', () => {
    expect(packages).toEqual(expect.arrayContaining(['systemd', 'openssh-server', 'python3', 'linux-image-cloud-amd64', 'cloud-init']))
  })

  it('takes the mirrors it is given, and the system default without any', () => {
    const spec = { target: '/t.tar', overlay: "/o's.tar" }
    expect(bootstrapArguments({ ...spec, sources: ['deb http://m bookworm main'] }).slice(-3)).toEqual([
      'bookworm',
      '/t.tar',
      'deb http://m bookworm main',
    ])
    expect(bootstrapArguments({ ...spec, sources: [] }).at(-1)).toBe('/t.tar')
    expect(bootstrapArguments({ ...spec, sources: [] })).toContain(`--customize-hook=tar-in '/o'\\''s.tar' /`)
  })

  it("makes every file of the image root's, whoever checked it out", () => {
    expect(overlayTarArguments('/t')).toEqual(expect.arrayContaining(['--owner=0', '--group=0', '--mode=u=rwX,go=rX']))
  })
})

describe('the package list', () => {
  it('has what is installed, and not what only left its configuration', () => {
    const status = [
      'Package: zsh\nStatus: deinstall ok config-files\nVersion: 5.9-4',
      'Package: sudo\nStatus: install ok installed\nDescription: x\n Package: no\nVersion: 1.9.13p3-1',
      'Package: apt\nStatus: install ok installed\nVersion: 2.6.1',
      '',
    ].join('\n\n')
    expect(parsePackages(status)).toEqual({ apt: '2.6.1', sudo: '1.9.13p3-1' })
  })
})
