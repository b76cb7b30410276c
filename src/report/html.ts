/** Text that is already HTML. All other text is escaped when it is inserted into a page. */
export interface Html {
  readonly markup: string
}

type Part = string | number | Html | undefined | false | readonly (Html | string)[]

/** Template tag for a piece of HTML. Inserted values are escaped, except those that are `Html`; undefined and false insert nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: texts.map((text, index) => text + renderPart(parts[index])).join('') }
}

function renderPart(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part))
  return 'markup' in part ? part.markup : part.map(renderPart).join('')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours and control characters must not be in a page
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '').replace(/[\0-\x08\x0b-\x1f\x7f]/g, '\uFFFD')
  return plain.replace(/[&<>"']/g, (sign) => entities[sign] ?? '')
}
