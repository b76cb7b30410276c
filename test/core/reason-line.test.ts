import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reasonLine } from '../../src/core/reason-line.ts'
import { cpuTimeOf } from '../helpers/cpu-time.ts'

// Real outputs of failed programs. Each file says how its output came about and which line a person would quote.
const folder = join(import.meta.dirname, '../fixtures/reasons')
const outputs = readdirSync(folder).map((file) => {
  const [, how = '', reason = '', output = ''] =
    /^how: ([^\n]*)\nreason: ([^\n]*)\n\n(.*)$/s.exec(readFileSync(join(folder, file), 'utf8')) ?? []
  return { how, reason: reason.replaceAll(/\s+/g, ' '), output }
})

describe('the reason in the output of a failed program', () => {
  it.each(outputs)('is the line that a person would quote: $how', ({ reason, output }) => {
    expect(reasonLine(output).replaceAll(/\s+/g, ' ')).toBe(reason)
  })

  it('is in standard output if standard error has a summary only', () => {
    const stderr = '\rExtracting templates: 19%\rExtracting templates: 100%\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n'
    const stdout = 'Setting up x\ndpkg: error: 2 expected programs not found in PATH or not executable\n'
    expect(reasonLine(stderr, stdout)).toBe('dpkg: error: 2 expected programs not found in PATH or not executable')
  })

  it('is the last line if no line looks like an error', () => {
    expect(reasonLine('one\ntwo\n', 'three')).toBe('two')
    expect(reasonLine('', '\n  \n')).toBe('')
  })

  it('has no carriage return and no colours', () => {
    expect(reasonLine('  0%\r 50%\r\u001b[31merror: disk full\u001b[0m\r\n')).toBe('error: disk full')
  })

  it('is found in linear time', () => {
    const output = `${'E '.repeat(500_000)}\n${'warning: '.repeat(100_000)}`
    expect(cpuTimeOf(() => reasonLine(output))).toBeLessThan(2_000)
  })
})
