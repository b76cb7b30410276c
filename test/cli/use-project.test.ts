import { afterEach, beforeEach, expect, it } from 'vitest'
import { useProject } from '../../src/cli/use-project.ts'
import { UsageError } from '../../src/core/errors.ts'

const before = process.env.BAKEHOUSE_PROJECT
beforeEach(() => {
  delete process.env.BAKEHOUSE_PROJECT
})
afterEach(() => {
  if (before === undefined) delete process.env.BAKEHOUSE_PROJECT
  else process.env.BAKEHOUSE_PROJECT = before
})

it.each([
  [['--project', '/tmp', 'history', '--json']],
  [['history', '--project=/tmp', '--json']],
  [['history', '--json', '--project', '/tmp']],
])('%j uses that project, also in child processes', (argv) => {
  expect(useProject(argv)).toEqual(['history', '--json'])
  expect(process.env.BAKEHOUSE_PROJECT).toBe('/tmp')
})

it.each([
  [['--project'], 'Expected a value after --project, got nothing'],
  [['--project='], 'Expected a value after --project, got nothing'],
  [['--project', '/tmp/nothing-here'], 'Expected --project to be a folder, got "/tmp/nothing-here"'],
])('%j is an error', (argv, message) => {
  expect(() => useProject(argv)).toThrow(new UsageError(message))
  expect(process.env.BAKEHOUSE_PROJECT).toBeUndefined()
})

it('arguments without the option stay as they are', () => {
  expect(useProject(['--family', 'web', '--projects'])).toEqual(['--family', 'web', '--projects'])
  expect(process.env.BAKEHOUSE_PROJECT).toBeUndefined()
})
