import { expect, test } from 'vitest'
import { followPage } from './added.ts'

const script = `
import { mkdirSync, writeFileSync } from 'node:fs'
const write = (login) => writeFileSync('playbooks/web/family.yaml', 'os: freebsd\\nbase: { image: my.qcow2, sha256: ' + 'a'.repeat(64) + ' }\\n' + login)
mkdirSync('playbooks/web', { recursive: true })
writeFileSync('playbooks/web/playbook.yml', '- hosts: all')
write('')
const { readFamily } = await import('./src/family/read-family.ts')
const { os, login, configure } = await readFamily('web')
write('login: { transport: psrp }')
const refused = await readFamily('web').catch(({ message }) => message)
const { systemOf } = await import('./src/guest/systems.ts')
process.stdout.write(JSON.stringify({ os, user: login.user, strategy: configure.strategy, refused, title: systemOf(os).title }))`

test('the page adds an operating system: one folder and one line, and a family can have it', async () => {
  using page = followPage('add-an-operating-system.md')
  expect(await page.ask(script)).toEqual({
    os: 'freebsd',
    user: 'freebsd',
    strategy: 'linear',
    refused: expect.stringContaining('expected ssh for a FreeBSD family, got psrp'),
    title: 'FreeBSD',
  })
}, 120_000)
