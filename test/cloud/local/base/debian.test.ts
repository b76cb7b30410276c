import { describe, expect, it } from 'vitest'
import { parsePackages } from '../../../../src/cloud/local/base/debian.ts'
import { assembleCommand, bootstrapArguments, overlayTarArguments, recipeKey } from '../../../../src/cloud/local/base/recipe.ts'
import { releaseRecipes } from '../../../../src/cloud/local/base/releases.ts'
import { debianReleases } from '../../../../src/model/debian-release.ts'

describe.each(debianReleases)('the recipe of the base of %s', (release) => {
  it('has a key that is the same as long as nothing changes', () => {
    expect(recipeKey(release)).toMatch(/^[0-9a-f]{16}$/)
    expect(recipeKey(release)).toBe(recipeKey(release))
  })

  it('names what a guest cannot be reached without', () => {
    const needed = ['systemd', 'openssh-server', 'python3', 'linux-image-cloud-amd64', 'cloud-init']
    expect(releaseRecipes[release].packages).toEqual(expect.arrayContaining(needed))
  })

  it('takes the mirrors it is given, and the system default without any', () => {
    const spec = { release, target: '/t.tar', overlay: "/o's.tar", mode: 'unshare' } as const
    const given = bootstrapArguments({ ...spec, sources: [`deb http://m ${release} main`] })
    expect(given.slice(-3)).toEqual([release, '/t.tar', `deb http://m ${release} main`])
    expect(given[0]).toBe('--mode=unshare')
    expect(bootstrapArguments({ ...spec, sources: [] }).at(-1)).toBe('/t.tar')
    expect(bootstrapArguments({ ...spec, sources: [] })).toContain(`--customize-hook=tar-in '/o'\\''s.tar' /`)
  })

  it('is put together by a command that opens no file of the user', () => {
    const command = assembleCommand(release, '/usr/bin/qemu-img', ['convert', '-q'])
    expect(command.filter((word) => word.startsWith('/'))).toEqual(['/usr/bin/qemu-img'])
    expect(command).toContain(releaseRecipes[release].title)
  })
})

describe('the recipe of a base', () => {
  it('has another key for another release', () => {
    expect(new Set(debianReleases.map(recipeKey)).size).toBe(debianReleases.length)
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
