import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { sourceFolder } from '../../src/core/paths.ts'

const { jobs, on } = parse(readFileSync(join(sourceFolder(), '..', '.github/workflows/check.yml'), 'utf8'))

test('a pull request runs the checks and the fast tests', () => {
  expect(Object.keys(on)).toContain('pull_request')
  expect(JSON.stringify(jobs.check.steps)).toContain('npm run check')
})

describe('commit subjects', () => {
  const script: string = jobs.commits.steps.at(-1).run

  test.each([
    [72, 0],
    [73, 1],
  ])('a subject of %i characters ends the job with %i', (length, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'commits-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    // Without GIT_DIR, which a git hook sets, and without the settings of the user, which may ask for signed commits.
    const options = { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder } } as const
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], options).trim()
    git('init', '--quiet')
    git('commit', '--quiet', '--allow-empty', '-m', `old: ${'x'.repeat(100)}`)
    const base = git('rev-parse', 'HEAD')
    git('commit', '--quiet', '--allow-empty', '-m', `docs: ${'y'.repeat(length - 'docs: '.length)}`)
    const env = { ...options.env, BASE: base, HEAD: git('rev-parse', 'HEAD') }
    const ended = spawnSync('bash', ['-e', '-c', script], { ...options, env })
    expect(ended.status).toBe(code)
    expect(ended.stdout.includes('docs: yyy')).toBe(code === 1)
    expect(ended.stdout).not.toContain('old: xxx')
  })
})
