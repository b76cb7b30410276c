import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findProject } from '../../src/core/find-project.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'find-project-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), '')
}

it('a folder with a family in playbooks/ is the project, from each folder inside of it', () => {
  write('images/playbooks/web/family.yaml')
  mkdirSync(join(root, 'images/playbooks/web/roles/nginx'), { recursive: true })
  for (const inside of ['images', 'images/playbooks', 'images/playbooks/web/roles/nginx']) {
    expect(findProject(join(root, inside))).toBe(join(root, 'images'))
  }
})

it('playbooks/ without a family is no project', () => {
  write('playbooks/site.yml')
  write('playbooks/web/main.yml')
  expect(findProject(root)).toBeUndefined()
})

it('the nearest project counts', () => {
  write('playbooks/web/family.yaml')
  write('inner/playbooks/db/family.yaml')
  expect(findProject(join(root, 'inner'))).toBe(join(root, 'inner'))
})
