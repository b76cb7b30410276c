import { describe, expect, it } from 'vitest'
import { parsePackages } from '../../../../src/cloud/local/base/debian.ts'
import { assembleCommand, bootstrapArguments, overlayTarArguments, recipeKey } from '../../../../src/cloud/local/base/recipe.ts'
import { releaseRecipes } from '../../../../src/cloud/local/base/releases.ts'
import { debianReleases } from '../../../../src/model/debian-release.ts'

describe.each(debianReleases)('the recipe of the base disk of %s', (release) => {
  it('has the same key until something changes', () => {
    expect(recipeKey(release)).toMatch(/^[0-9a-f]{16}$/)
    expect(recipeKey(release)).toBe(recipeKey(release))
  })

  it('contains the packages that a login needs', () => {
    const needed = ['systemd', 'openssh-server', 'python3', 'linux-image-cloud-amd64', 'cloud-init']
    expect(releaseRecipes[release].packages).toEqual(expect.arrayContaining(needed))
  })

  it('uses the given mirrors, else the default of mmdebstrap', () => {
    const spec = { release, target: '/t.tar', overlay: "/o's.tar", mode: 'unshare' } as const
    const given = bootstrapArguments({ ...spec, sources: [`deb http://m ${release} main`] })
    expect(given.slice(-3)).toEqual([release, '/t.tar', `deb http://m ${release} main`])
    expect(given[0]).toBe('--mode=unshare')
    expect(bootstrapArguments({ ...spec, sources: [] }).at(-1)).toBe('/t.tar')
    expect(bootstrapArguments({ ...spec, sources: [] })).toContain(`--customize-hook=tar-in '/o'\\''s.tar' /`)
  })

  it('is assembled by a command that opens no file of the user', () => {
    const command = assembleCommand(release, '/usr/bin/qemu-img', ['convert', '-q'])
    expect(command.filter((word) => word.startsWith('/'))).toEqual(['/usr/bin/qemu-img'])
    expect(command).toContain(releaseRecipes[release].title)
  })
})

describe('the recipe of a base disk', () => {
  it('has another key for another release', () => {
    expect(new Set(debianReleases.map(recipeKey)).size).toBe(debianReleases.length)
  })

  it('gives all files of the image to root', () => {
    expect(overlayTarArguments('/t')).toEqual(expect.arrayContaining(['--owner=0', '--group=0', '--mode=u=rwX,go=rX']))
  })
})

describe('the package list', () => {
  it('contains installed packages, but not removed ones whose configuration is left', () => {
    const status = [
      'Package: zsh\nStatus: deinstall ok config-files\nVersion: 5.9-4',
      'Package: sudo\nStatus: install ok installed\nDescription: x\n Package: no\nVersion: 1.9.13p3-1',
      'Package: apt\nStatus: install ok installed\nVersion: 2.6.1',
      '',
    ].join('\n\n')
    expect(parsePackages(status)).toEqual({ apt: '2.6.1', sudo: '1.9.13p3-1' })
  })
})
