import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followPage, readSteps } from './added.ts'

const family = 'cloud: paper\nbase: { sheet: "a{{ size }}" }\nconfigure: { variables: { size: 4 } }\npaper: { colour: yellow }\n'

/** Reads a family on the new cloud, its schema, and its base image. */
const script = `
import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('playbooks/note', { recursive: true })
writeFileSync('playbooks/note/family.yaml', ${JSON.stringify(family)})
writeFileSync('playbooks/note/playbook.yml', '- hosts: all')
const { readFamily } = await import('./src/family/read-family.ts')
const { renderJsonSchema } = await import('./src/family/json-schema.ts')
const { chooseCloud, chooseCloudResources } = await import('./src/cloud/clouds.ts')
const read = await readFamily('note')
const cloud = await chooseCloud(read.cloud)
const base = await cloud.resolveBase(read, {})
const members = Object.keys(await chooseCloudResources('paper'))
const { paper } = JSON.parse(renderJsonSchema()).properties
process.stdout.write(JSON.stringify({ section: read.sections.paper, base, members, keys: Object.keys(paper.properties) }))`

test('following the page adds a cloud with one folder and one line, and a family can be built on it', async () => {
  using page = followPage('add-a-cloud.md')
  expect(await page.ask(script)).toEqual({
    section: { colour: 'yellow' },
    base: { id: 'a4', name: 'a4', digest: 'a4' },
    members: ['instance', 'image', 'copy'],
    keys: ['base', 'colour'],
  })
}, 120_000)

test('the page shows the cloud that passes the tests for all clouds', () => {
  const shown = readSteps('add-a-cloud.md').filter(({ path }) => path.startsWith('src/cloud/paper/'))
  expect(shown.map(({ path }) => path.split('/').at(-1))).toEqual(['descriptor.ts', 'options.ts', 'paper.ts', 'resources.ts'])
  for (const { path, text } of shown) {
    const tested = readFileSync(join(import.meta.dirname, '../cloud/paper', path.split('/').at(-1) ?? ''), 'utf8')
    expect(text).toBe(tested.replaceAll('../../../src/cloud/', '../').replaceAll('../../../src/', '../../'))
  }
})
