import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followPage, readSteps } from './added.ts'

const family = 'base: { debian: bookworm }\nverify:\n  suites:\n    - shell: verify/check.sh\n      arguments: { port: 80 }\n'

const script = `
import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('playbooks/web/verify', { recursive: true })
writeFileSync('playbooks/web/family.yaml', ${JSON.stringify(family)})
writeFileSync('playbooks/web/playbook.yml', '- hosts: all')
const { readFamily } = await import('./src/family/read-family.ts')
const missing = await readFamily('web').catch(({ message }) => message)
writeFileSync('playbooks/web/verify/check.sh', 'test "$port" = 80')
const { suites } = (await readFamily('web')).verify
const { chooseVerifier } = await import('./src/verify/verifiers.ts')
const { name } = await chooseVerifier(suites[0])
process.stdout.write(JSON.stringify({ missing, suites, name }))`

test('following the page adds a verifier with one file and one line, and a family can have a suite for it', async () => {
  using page = followPage('add-a-verifier.md')
  expect(await page.ask(script)).toEqual({
    missing: expect.stringContaining(
      'family.yaml:4:14: expected verify.suites[0].shell to be a file in the family folder, got verify/check.sh, which does not exist',
    ),
    suites: [{ verifier: 'shell', file: 'verify/check.sh', options: { arguments: { port: 80 } } }],
    name: 'shell',
  })
}, 120_000)

test('the page shows the verifier whose types the compiler checks', () => {
  const [shown] = readSteps('add-a-verifier.md')
  const checked = readFileSync(join(import.meta.dirname, '../verify/shell.ts'), 'utf8')
  expect(shown?.text).toBe(checked.replaceAll('../../src/verify/', './').replaceAll('../../src/', '../'))
})
