import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor, mark } from '../../src/core/redact/redact.ts'
import { secretForms } from '../../src/core/redact/secret-forms.ts'
import { cpuTimeOf } from '../helpers/cpu-time.ts'

const canary = `c4n'ary$ "Wert" ü/+&<9`
const redactor = createRedactor([canary])
const wrap = (text: string, width: number) => text.replace(new RegExp(`(.{${width}})`, 'gsu'), '$1\n    ')

describe('a secret', () => {
  const forms: Record<string, string> = {
    plain: canary,
    'json string': JSON.stringify({ a: canary }),
    'json in json': JSON.stringify(JSON.stringify({ a: canary })),
    'json, ascii only': JSON.stringify(canary).replace('ü', '\\u00fc'),
    'python repr': `'${canary.replaceAll("'", "\\'")}'`,
    'url component': encodeURIComponent(canary),
    'url query': new URLSearchParams({ q: canary }).toString(),
    'url, lower case': encodeURIComponent(canary).replace(/%../g, (code) => code.toLowerCase()),
    'shell, single quotes': `'${canary.replaceAll("'", "'\\''")}'`,
    'shell, python shlex': `'${canary.replaceAll("'", `'"'"'`)}'`,
    'shell, double quotes': `"${canary.replace(/["\\$`]/g, '\\$&')}"`,
    hex: Buffer.from(canary).toString('hex'),
    'xml attribute': canary.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    'base64 url': Buffer.from(canary).toString('base64url'),
    'powershell, single quotes': `'${canary.replaceAll("'", "''")}'`,
    'powershell, double quotes': `"${canary.replace(/["`$]/g, '`$&')}"`,
    'powershell, encoded command': Buffer.from(`net user Administrator ${canary}`, 'utf16le').toString('base64'),
    'utf-16, read byte by byte': Buffer.from(canary, 'utf16le').toString('latin1'),
    'utf-16 as hex': Buffer.from(canary, 'utf16le').toString('hex'),
  }
  test.each(Object.entries(forms))('is redacted as %s', (_name, form) => {
    const out = redactor.text(`before ${form} after`)
    expect(out).toContain(mark)
    expect(out).toMatch(/^before .*after$/s)
    expect(out.length).toBeLessThan(`before ${form} after`.length)
    for (const known of secretForms(canary)) expect(out).not.toContain(known)
  })

  test.each([0, 1, 2])('is redacted in base64 with %i bytes before it', (offset) => {
    const encoded = Buffer.from(`${'x'.repeat(offset)}${canary}${'y'.repeat(7)}`).toString('base64')
    const out = redactor.text(encoded)
    expect(out).toContain(mark)
    expect(Buffer.from(out.replace(mark, ''), 'base64').toString('latin1')).not.toContain('Wert')
  })

  test.each([1, 3, 7])('is redacted if its lines are wrapped after %i characters', (width) => {
    expect(redactor.text(`a${wrap(canary, width)}b`)).toMatch(/^a\[redacted\]\s*b$/)
    const encoded = Buffer.from(canary).toString('base64').replace(/=+$/, '')
    expect(redactor.text(wrap(encoded, width))).not.toContain(encoded.slice(0, width + 1))
  })
})

describe('a secret with characters outside ASCII', () => {
  const umlauts = 'Grüße-Geheim'
  const bytes = Buffer.from(umlauts)
  const forms: Record<string, string> = {
    'UTF-8 read as latin1, as on a console': bytes.toString('latin1'),
    'latin1 read as UTF-8': Buffer.from(umlauts, 'latin1').toString(),
    'octal escapes': 'Gr\\303\\274\\303\\237e-Geheim',
    'hex escapes': 'Gr\\xc3\\xbc\\xc3\\x9fe-Geheim',
    'a question mark for each character': 'Gr??e-Geheim',
    'a question mark for each byte': 'Gr????e-Geheim',
    'JSON, read as latin1': Buffer.from(JSON.stringify({ a: umlauts })).toString('latin1'),
  }
  test.each(Object.entries(forms))('is redacted as %s', (_name, form) => {
    expect(createRedactor([umlauts]).text(`before ${form} after`)).not.toMatch(/Gr|Geheim/)
  })

  test('does not match text of only question marks', () => {
    expect(createRedactor(['üßäöüßäö']).text('what???????? is that')).toBe('what???????? is that')
  })
})

test('redacts each line of a secret with several lines', () => {
  const key = '-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nQyNTUxOQAAACBzZWNyZXQh\n-----END KEY-----\n'
  const out = createRedactor([key]).text('+ b3BlbnNzaC1rZXktdjEAAAAA\n- QyNTUxOQAAACBzZWNyZXQh\n')
  expect(out).toBe(`+ ${mark}\n- ${mark}\n`)
})

test('redacts a secret that was added later', () => {
  const learning = createRedactor(['first-one'])
  const whole = 'first-one second-one'
  expect(learning.text(whole)).toBe(`${mark} second-one`)
  learning.learn('second-one')
  expect(learning.text(whole)).toBe(`${mark} ${mark}`)
})

test('redacts secrets that overlap', () => {
  expect(createRedactor(['abcdef', 'defghi']).text('xabcdefghix')).toBe(`x${mark}x`)
  expect(createRedactor(['bcde', 'abcdefg']).text('abcdef-abcdefg')).toBe(`a${mark}f-${mark}`)
})

test('does not redact a value that is too short', () => {
  expect(createRedactor(['abc', '']).text('abc abc')).toBe('abc abc')
})

const secretText = fc.string({ minLength: 6, maxLength: 40 }).filter((text) => text.replace(/\s/g, '').length >= 4)

test('redacts secrets at any place in a text, and in text in any pieces', () => {
  const property = fc.property(
    fc.array(secretText, { minLength: 1, maxLength: 4 }),
    fc.array(fc.string()),
    fc.integer({ min: 1, max: 9 }),
    (secrets, filler, size) => {
      const text = secrets.map((secret, index) => `${filler[index] ?? ''}${secret}${Buffer.from(secret).toString('base64')}`).join('|')
      const stream = createRedactor(secrets).stream()
      let out = ''
      for (let at = 0; at < text.length; at += size) out += stream.push(text.slice(at, at + size))
      out += stream.end()
      expect(out).toBe(createRedactor(secrets).text(text))
      const rest = out.split(mark)
      for (const secret of secrets) for (const part of rest) expect(part.includes(secret)).toBe(false)
    },
  )
  fc.assert(property, { numRuns: 300 })
})

test('does not change text without a secret', () => {
  const quiet = createRedactor(['never, never there'])
  const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    expect(quiet.text(text)).toBe(text)
  })
  fc.assert(property)
})

test('takes time in proportion to the text, even for a malicious one', () => {
  const hostile = createRedactor([`${'a'.repeat(2000)}b`])
  const measure = (length: number): number => {
    const text = 'a\n'.repeat(length)
    return cpuTimeOf(() => hostile.text(text))
  }
  measure(50_000)
  const small = measure(50_000)
  expect(measure(400_000)).toBeLessThan(small * 8 * 6 + 200)
})

test('needs memory in proportion to a long text, and is not slower if the text starts like a secret', () => {
  const text = `s3cr3${' '.repeat(16_000_000)}t-value ${'x'.repeat(1_000)}`
  expect(createRedactor(['s3cr3t-value']).text(text)).toBe(`${mark} ${'x'.repeat(1_000)}`)
})

test('takes linear time for small pieces of a text that almost matches', () => {
  const stream = createRedactor([`${'a'.repeat(5000)}b`]).stream()
  const push = (): void => {
    for (let count = 0; count < 20_000; count++) stream.push('a')
  }
  expect(cpuTimeOf(push)).toBeLessThan(10_000)
})
