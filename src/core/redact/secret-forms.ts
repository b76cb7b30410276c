/** Minimum length of a form. Shorter ones occur in ordinary text. */
const shortestForm = 4
/** If a secret has several lines, each line of at least this length is a secret too. */
const shortestLine = 8

/** The forms in which a secret can appear in text: plain, and as the usual encoders write it. */
export function secretForms(secret: string): string[] {
  const lines = secret.includes('\n')
    ? secret
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.length >= shortestLine)
    : []
  const forms = [secret, secret.trim(), ...lines]
    .flatMap((value) => [value, ...encodings(value)])
    .flatMap((form) => [form, ...misreadForms(form)])
  return [...new Set(forms)].filter((form) => form.replace(/\s/g, '').length >= shortestForm)
}

function encodings(value: string): string[] {
  const escaped = [jsonEscape(value), asciiEscape(jsonEscape(value)), pythonEscape(value)]
  return [
    ...escaped,
    ...escaped.map(jsonEscape),
    ...urlForms(value),
    ...xmlForms(value),
    ...shellForms(value),
    ...powerShellForms(value),
    ...[Buffer.from(value, 'utf8'), utf16(value)].flatMap((bytes) => [...hexForms(bytes), ...base64Forms(bytes)]),
    // A UTF-16 file of Windows that is read as if each byte were a character.
    utf16(value).toString('latin1'),
  ]
}

/**
 * Forms with characters outside ASCII, as they look when text is decoded with a wrong encoding, or printed by tools that write only ASCII.
 * A form with too few ASCII characters gets no lossy forms, because those would match ordinary text.
 */
function misreadForms(form: string): string[] {
  if (!/[^\0-\x7f]/.test(form)) return []
  const bytes = [...Buffer.from(form, 'utf8')]
  const written = (byte: (value: number) => string): string =>
    bytes.map((value) => (value < 128 ? String.fromCharCode(value) : byte(value))).join('')
  const whole = [
    Buffer.from(form, 'utf8').toString('latin1'),
    written((byte) => `\\${byte.toString(8)}`),
    written((byte) => `\\x${byte.toString(16)}`),
  ]
  const lossy = ['\ufffd', '?'].flatMap((sign) => [form.replace(/[^\0-\x7f]/gu, sign), written(() => sign)])
  return form.replace(/[^\0-\x7f]|\s/g, '').length >= shortestForm ? [...whole, ...lossy] : whole
}

/** UTF-16, the encoding of Windows. `-EncodedCommand` of PowerShell is base64 of it. */
function utf16(value: string): Buffer {
  return Buffer.from(value, 'utf16le')
}

function jsonEscape(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}

function asciiEscape(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The form that Python's `repr` writes, with both kinds of quotes. */
function pythonEscape(value: string): string {
  return jsonEscape(value).replaceAll('\\"', '"').replaceAll("'", "\\'")
}

function urlForms(value: string): string[] {
  const wellFormed = Buffer.from(value, 'utf8').toString('utf8')
  const component = encodeURIComponent(wellFormed)
  const strict = component.replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const upper = [
    component,
    strict,
    strict.replaceAll('%2F', '/'),
    encodeURI(wellFormed),
    new URLSearchParams([['', value]]).toString().slice(1),
  ]
  return [...upper, ...upper.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))]
}

function xmlForms(value: string): string[] {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quoted = text.replaceAll('"', '&quot;')
  return [
    text,
    quoted,
    quoted.replaceAll("'", '&apos;'),
    quoted.replaceAll("'", '&#39;'),
    text.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  ]
}

function shellForms(value: string): string[] {
  const backslashed = value.replace(/[^A-Za-z0-9_@%+=:,./-]/g, (char) => `\\${char}`)
  return [value.replaceAll("'", "'\\''"), value.replaceAll("'", `'"'"'`), value.replace(/["\\$`]/g, (char) => `\\${char}`), backslashed]
}

/** Quoted for PowerShell: in single quotes, each quote (also a typographic one) is doubled; in double quotes, a backtick escapes. */
function powerShellForms(value: string): string[] {
  return [value.replace(/['‘’‚‛]/g, '$&$&'), value.replace(/["`$]/g, '`$&')]
}

function hexForms(bytes: Buffer): string[] {
  const hex = bytes.toString('hex')
  return [hex, hex.toUpperCase()]
}

/** Base64 at each of the three alignments, without the first and last characters, which depend on the bytes around; in both alphabets. */
function base64Forms(bytes: Buffer): string[] {
  const plain = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const first = Math.ceil((offset * 8) / 6)
    return encoded.slice(first, Math.floor(((offset + bytes.length) * 8) / 6))
  })
  return [...plain, ...plain.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}
