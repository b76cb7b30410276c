import { listClouds, listFamilies } from '../bakehouse.ts'
import { verbs } from './verbs.ts'

/** Suggestions for shell completion. `words` are the words after the program name; the last one is the word that is being typed. */
export async function completeWords(words: readonly string[]): Promise<string[]> {
  const [current = '', before = ''] = [words.at(-1), words.at(-2)]
  return (await candidates(words, before)).filter((word) => word.startsWith(current))
}

async function candidates(words: readonly string[], before: string): Promise<readonly string[]> {
  const verb = verbs.find(({ command }) => command.split(' ')[0] === words[0])
  if (before === '--family' || before === '--base') return listFamilies()
  if (before === '--cloud') return listClouds()
  if (before === '--keep') return ['never', 'failed', 'always']
  const options = Object.keys((verb ?? verbs[0])?.options ?? {}).map((name) => `--${name}`)
  if (words.at(-1)?.startsWith('-')) return options
  if (!verb) return [...verbs.map(({ command }) => command.split(' ')[0] ?? ''), ...options]
  return words.length === 2 && verb.positionals.family && !verb.command.startsWith('init') ? listFamilies() : options
}
