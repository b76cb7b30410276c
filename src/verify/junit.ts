import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { defined } from '../core/defined.ts'
import type { CaseResult, SuiteResult } from '../model/suite-result.ts'

type Element = Readonly<Record<string, unknown>>

/**
 * Parses the cases of a JUnit or NUnit report. Throws if the text is not XML, is incomplete, is another kind of report, or declares
 * entities (they could expand without limit). `nameOf` makes the name of a JUnit case from its name and its class.
 */
export function parseJunit(text: string, nameOf = joinName): CaseResult[] {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Error('the report declares a document type, which no test report needs')
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw new Error(`the report is not valid XML: line ${valid.err.line}: ${valid.err.msg}`)
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseAttributeValue: false,
    parseTagValue: false,
    processEntities: true,
    htmlEntities: true,
    isArray: (name) => ['testsuite', 'testcase', 'test-suite', 'test-case'].includes(name),
  })
  const root = parser.parse(text) as Element
  if (['testsuites', 'testsuite'].some((name) => name in root))
    return collect(root, 'testsuite', 'testcase').map((one) => junitCase(one, nameOf))
  if (['test-run', 'test-results'].some((name) => name in root)) return collect(root, 'test-suite', 'test-case').map(nunitCase)
  throw new Error(`the report is neither JUnit nor NUnit: its root is <${Object.keys(root).find((name) => name !== '?xml') ?? ''}>`)
}

/** A suite as JUnit XML. */
export function renderJunit({ suite, cases, problem, durationMs }: Omit<SuiteResult, 'junit' | 'verifier'>): string {
  const count = (status: CaseResult['status']) => cases.filter((one) => one.status === status).length
  const errors = count('error') + (problem === undefined ? 0 : 1)
  const total = cases.length + (problem === undefined ? 0 : 1)
  const numbers = `tests="${total}" failures="${count('failed')}" errors="${errors}" skipped="${count('skipped')}" time="${seconds(durationMs)}"`
  const whole =
    problem === undefined ? [] : [renderCase(suite, { name: 'the suite as a whole', status: 'error', durationMs: 0, message: problem })]
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites>`,
    `  <testsuite name="${escapeXml(suite)}" ${numbers}>`,
    ...cases.map((one) => renderCase(suite, one)),
    ...whole,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function renderCase(suite: string, { name, status, durationMs, message = '' }: CaseResult): string {
  const head = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${seconds(durationMs)}"`
  const text = message && escapeXml(message)
  const inner = {
    passed: text && `<system-out>${text}</system-out>`,
    failed: `<failure message="${text}"/>`,
    error: `<error message="${text}"/>`,
    skipped: text ? `<skipped message="${text}"/>` : '<skipped/>',
  }[status]
  return inner ? `${head}>${inner}</testcase>` : `${head}/>`
}

/** All cases below an element, also in nested suites. */
function collect(element: Element, suite: string, testCase: string): Element[] {
  const own = list(element[testCase])
  const below = ['testsuites', 'test-run', 'test-results', 'results', suite].flatMap((name) => list(element[name]))
  return [...own, ...below.flatMap((child) => collect(child, suite, testCase))]
}

function joinName(name: string, group: string): string {
  return group && !name.startsWith(group) ? `${group} ${name}` : name
}

/** Pester writes an inconclusive test as skipped: since 5.6 with a status of its own, before that with this message. */
const inconclusiveMessage = /^is (skipped|inconclusive), because INCONCLUSIVE\b/i

function junitCase(element: Element, nameOf: typeof joinName): CaseResult {
  const { failure, error, skipped } = element
  const marked = attribute(element, 'status')?.toLowerCase() === 'inconclusive'
  const inconclusive = marked || (skipped !== undefined && inconclusiveMessage.test(messageOf(skipped)))
  const kinds = inconclusive ? { error: skipped ?? 'Inconclusive' } : { failed: failure, error, skipped }
  const status = (['error', 'failed', 'skipped'] as const).find((kind) => kinds[kind] !== undefined)
  return {
    name: nameOf(attribute(element, 'name') ?? '', attribute(element, 'classname') ?? ''),
    status: status ?? 'passed',
    durationMs: milliseconds(attribute(element, 'time')),
    ...defined({ message: status && messageOf(kinds[status]) }),
  }
}

const nunitStatus: Readonly<Record<string, CaseResult['status']>> = {
  passed: 'passed',
  success: 'passed',
  failed: 'failed',
  failure: 'failed',
  error: 'error',
  skipped: 'skipped',
  ignored: 'skipped',
  // An inconclusive test has not passed.
  inconclusive: 'error',
  notrunnable: 'error',
}

function nunitCase(element: Element): CaseResult {
  const result = attribute(element, 'result') ?? ''
  const failure = (element.failure ?? element.reason) as Element | undefined
  const message = String(failure?.message ?? result)
  const status = inconclusiveMessage.test(message) ? 'error' : (nunitStatus[result.toLowerCase()] ?? 'error')
  return {
    name: attribute(element, 'fullname') ?? attribute(element, 'name') ?? '',
    status,
    durationMs: milliseconds(attribute(element, 'duration') ?? attribute(element, 'time')),
    ...defined({ message: status === 'passed' ? undefined : message }),
  }
}

function messageOf(value: unknown): string {
  const first = Array.isArray(value) ? value[0] : value
  if (typeof first === 'string') return first.trim()
  const element = first as Element
  const [message, text] = [attribute(element, 'message') ?? '', String(element['#text'] ?? '')].map((part) => part.trim()) as [
    string,
    string,
  ]
  if (message === 'collection failure') return pytestError(text) ?? message
  return message || text
}

/** The error in a trace of pytest, whose lines begin with `E`. The message of a file that cannot be imported does not contain it. */
function pytestError(text: string): string | undefined {
  return text
    .split('\n')
    .findLast((line) => /^E\s+\S/.test(line))
    ?.replace(/^E\s+/, '')
}

function attribute(element: Element, name: string): string | undefined {
  const value = element[`@${name}`]
  return value === undefined ? undefined : String(value)
}

function list(value: unknown): Element[] {
  if (value === undefined || value === '') return []
  return (Array.isArray(value) ? value : [value]).filter((item): item is Element => typeof item === 'object' && item !== null)
}

function milliseconds(seconds: string | undefined): number {
  const value = Number(seconds ?? 0)
  return Number.isFinite(value) ? Math.round(value * 1000) : 0
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3)
}

/** Escapes text and attributes. Characters that are not allowed in XML become a question mark. */
function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    '\n': '&#10;',
    '\t': '&#9;',
    '\r': '&#13;',
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are not allowed in XML
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '?').replace(/[&<>"\n\t\r]/g, (char) => entities[char] ?? char)
}
