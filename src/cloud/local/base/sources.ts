import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The Debian mirrors that apt on this computer uses for a suite, as one-line sources; empty if this is not Debian. */
export function readAptSources(suite: string, folder = '/etc/apt'): string[] {
  const texts = [join(folder, 'sources.list'), ...listed(join(folder, 'sources.list.d'))]
  return texts
    .flatMap((file) => {
      const text = findText(file)
      const parsed = file.endsWith('.sources') ? parseStanzas(text) : parseLines(text)
      return parsed.filter(({ uri, suites }) => /\/debian(-security)?\/?$/.test(uri) && suites.some((name) => isOf(name, suite)))
    })
    .flatMap(({ options, uri, suites, components }) =>
      suites.filter((name) => isOf(name, suite)).map((name) => `deb ${options}${uri} ${name} ${components.join(' ')}`),
    )
}

interface Source {
  /** `[signed-by=…] `, or empty. */
  readonly options: string
  readonly uri: string
  readonly suites: readonly string[]
  readonly components: readonly string[]
}

/** Parses the one-line format of apt, see sources.list(5). */
function parseLines(text: string): Source[] {
  return [...text.matchAll(/^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/gm)].map(
    ([, options = '', uri = '', name = '', components = '']) => ({
      options,
      uri,
      suites: [name],
      components: words(components),
    }),
  )
}

/** Parses the deb822 format of apt, see sources.list(5). */
function parseStanzas(text: string): Source[] {
  return text
    .replace(/^#.*\n/gm, '')
    .split(/\n\s*\n/)
    .map((stanza) =>
      Object.fromEntries([...stanza.matchAll(/^([A-Za-z-]+):[ \t]*(.*)$/gm)].map(([, key = '', value = '']) => [key.toLowerCase(), value])),
    )
    .filter((fields) => words(fields.types ?? '').includes('deb') && fields.enabled !== 'no')
    .flatMap((fields) => {
      const key = fields['signed-by'] ?? ''
      const options = key.startsWith('/') ? `[signed-by=${key}] ` : ''
      return words(fields.uris ?? '').map((uri) => ({
        options,
        uri,
        suites: words(fields.suites ?? ''),
        components: words(fields.components ?? ''),
      }))
    })
}

function isOf(name: string, suite: string): boolean {
  return [suite, `${suite}-updates`, `${suite}-security`].includes(name)
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean)
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(list|sources)$/.test(name))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

function findText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
