import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CaseResult } from '../../src/model/suite-result.ts'
import { parseJunit, renderJunit } from '../../src/verify/junit.ts'

const pytest = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="1.9">
<testcase classname="verify.test_base" name="test_up[ssh://root@127.0.0.1:22]" time="0.231" />
<testcase classname="verify.test_base" name="test_down" time="0.1"><failure message="assert 1 == 2&#10; +  where">long &lt;text&gt;</failure></testcase>
<testcase classname="verify.test_base" name="test_maybe" time="0"><skipped type="pytest.skip" message="not here">x</skipped></testcase>
<testcase classname="verify.test_base" name="test_broken" time="0"><error message="failed on setup with &quot;x&quot;">trace</error></testcase>
</testsuite></testsuites>`

const pesterNunit = `<?xml version="1.0" encoding="utf-8" standalone="no"?>
<test-results name="Pester" total="3" errors="0" failures="1" not-run="0" inconclusive="0" ignored="1" skipped="0" invalid="0">
  <test-suite type="TestFixture" name="base.Tests.ps1" executed="True" result="Failure"><results>
    <test-suite type="TestFixture" name="Time"><results>
      <test-case description="is right" name="Time.is right" time="0.0471" success="True" result="Success" executed="True" />
      <test-case name="Time.has a source" time="0.02" success="False" result="Failure" executed="True">
        <failure><message>Expected 'a', but got 'b'.</message><stack-trace>at line 3</stack-trace></failure></test-case>
      <test-case name="Time.later" time="0" result="Ignored" executed="False" />
    </results></test-suite></results></test-suite></test-results>`

const nunit3 = `<test-run id="2" result="Failed"><test-suite name="a"><test-suite name="b">
  <test-case name="one" fullname="a.b.one" result="Passed" duration="0.5"/>
  <test-case name="two" fullname="a.b.two" result="Inconclusive" duration="0"/></test-suite></test-suite></test-run>`

describe('parseJunit', () => {
  test('parses the report of pytest', () => {
    expect(parseJunit(pytest)).toEqual([
      { name: 'verify.test_base test_up[ssh://root@127.0.0.1:22]', status: 'passed', durationMs: 231 },
      { name: 'verify.test_base test_down', status: 'failed', durationMs: 100, message: 'assert 1 == 2\n +  where' },
      { name: 'verify.test_base test_maybe', status: 'skipped', durationMs: 0, message: 'not here' },
      { name: 'verify.test_base test_broken', status: 'error', durationMs: 0, message: 'failed on setup with "x"' },
    ])
  })

  test('parses the NUnit 2.5 report of Pester', () => {
    expect(parseJunit(pesterNunit).map(({ name, status, message }) => [name, status, message])).toEqual([
      ['Time.is right', 'passed', undefined],
      ['Time.has a source', 'failed', "Expected 'a', but got 'b'."],
      ['Time.later', 'skipped', 'Ignored'],
    ])
  })

  test('parses NUnit 3', () => {
    expect(parseJunit(nunit3).map(({ name, status, durationMs }) => [name, status, durationMs])).toEqual([
      ['a.b.one', 'passed', 500],
      ['a.b.two', 'error', 0],
    ])
  })

  test.each([
    ['Pester 5.5', '<testcase name="a" status="Skipped"><skipped message="is skipped, because INCONCLUSIVE: later"/></testcase>', 'error'],
    ['Pester 5.6', '<testcase name="a" status="Inconclusive"><skipped message="is inconclusive, because later"/></testcase>', 'error'],
    [
      'a skipped test of Pester',
      '<testcase name="a" status="Skipped"><skipped message="is skipped, because later"/></testcase>',
      'skipped',
    ],
  ])('an inconclusive test has not passed: %s', (_version, text, status) => {
    expect(parseJunit(`<testsuites name="Pester"><testsuite name="x">${text}</testsuite></testsuites>`)[0]?.status).toBe(status)
  })

  test('an inconclusive test in a report of Pester 5.5 in NUnit format has not passed', () => {
    const text =
      '<test-case name="a" result="Ignored"><reason><message>is skipped, because INCONCLUSIVE: later</message></reason></test-case>'
    expect(parseJunit(`<test-results><test-suite name="x"><results>${text}</results></test-suite></test-results>`)[0]?.status).toBe('error')
  })

  test('a file that pytest cannot import shows the error of the import', () => {
    const trace = "test_x.py:1: in &lt;module&gt;\n    import nothing\nE   ModuleNotFoundError: No module named 'nothing'"
    const text = `<testcase classname="" name="test_x"><error message="collection failure">${trace}</error></testcase>`
    expect(parseJunit(`<testsuites><testsuite name="pytest">${text}</testsuite></testsuites>`)[0]?.message).toBe(
      "ModuleNotFoundError: No module named 'nothing'",
    )
  })

  test('an empty suite has no cases', () => {
    expect(parseJunit('<testsuites/>')).toEqual([])
    expect(parseJunit('<testsuite name="x" tests="0"></testsuite>')).toEqual([])
  })

  const laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'
  test.each([
    ['a truncated report', pytest.slice(0, 400), /not valid XML/],
    ['a report that is truncated between two elements', pytest.slice(0, pytest.indexOf('<testcase')), /not valid XML/],
    ['not XML', 'Traceback (most recent call last):', /not valid XML/],
    ['an empty text', '', /not valid XML/],
    ['an HTML page', '<html><body>502</body></html>', /neither JUnit nor NUnit: its root is <html>/],
    ['JSON', '{"tests": 1}', /not valid XML/],
    ['two roots', '<testsuite></testsuite><testsuite></testsuite>', /not valid XML/],
    ['crossed elements', '<testsuite><testcase></testsuite></testcase>', /not valid XML/],
    ['entities that expand without limit', laughs, /document type/],
    ['an external entity', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuite/>', /document type/],
  ])('refuses %s', (_name, text, why) => {
    expect(() => parseJunit(text)).toThrow(why)
  })
})

describe('renderJunit', () => {
  const suite = { suite: 'a "suite" & <more>', durationMs: 1234 }
  test('counts its test cases, including a problem of the whole suite', () => {
    const cases: CaseResult[] = [
      { name: 'x', status: 'passed', durationMs: 1 },
      { name: 'y', status: 'skipped', durationMs: 0 },
    ]
    const text = renderJunit({ ...suite, cases, problem: 'exit code 3' })
    expect(text).toContain('tests="3" failures="0" errors="1" skipped="1" time="1.234"')
    expect(text).toContain('name="a &quot;suite&quot; &amp; &lt;more&gt;"')
    expect(parseJunit(text).at(-1)).toMatchObject({ status: 'error', message: 'exit code 3' })
  })

  test('writes reports that parseJunit reads, with any names and messages', () => {
    const status = fc.constantFrom('failed', 'error', 'skipped')
    const name = fc.string({ unit: 'grapheme' }).filter((text) => /^[^\p{C}\s]+$/u.test(text))
    const property = fc.property(fc.array(fc.record({ name, status, message: name, durationMs: fc.nat(9_999) })), (cases) => {
      const read = parseJunit(renderJunit({ suite: '', durationMs: 1, cases: cases as CaseResult[] }))
      expect(read).toEqual(cases)
    })
    fc.assert(property)
  })

  test('replaces characters that are not allowed in XML', () => {
    const text = renderJunit({ ...suite, cases: [{ name: 'bell \u0007 \u001b[31m', status: 'failed', durationMs: 0, message: '\u0000' }] })
    expect(parseJunit(text)[0]?.message).toBe('?')
  })
})
