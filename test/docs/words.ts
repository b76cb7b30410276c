/** Words that docs/glossary.md replaces, and words that are hard to understand for readers of English as a second language. */
const avoided: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\b(?:nobody|somebody|anybody|everybody|whoever)\b/i, 'the process, user or computer that is meant'],
  [/\bours\b/i, 'the name of the owner'],
  [/\bat once\b/i, '"immediately", or "in parallel"'],
  [/\bin vain\b/i, '"without success"'],
  [/\bbe had\b/i, '"cannot be downloaded", or "does not exist"'],
  [/\bwithin reach\b/i, '"can be reached"'],
  [/\b(?:asleep|awake|woken)\b/i, '"saved" or "restored"'],
  [/(?<!DHCP[ -])\bleases?\b(?!\.)/i, '"build lock"'],
  [/\btak(?:e|es|en|ing) back\b/i, '"restore"'],
  [/\bwhatever\b/i, '"all resources that"'],
  [/\bunder way\b/i, '"is running"'],
  [/\bcut off\b/i, '"truncated" or "interrupted"'],
  [/\bdisappeared\b/i, '"was deleted", or "does not exist any more"'],
  [/\bproves? nothing\b/i, '"tests nothing"'],
  [/\b(?:is|are|was|were|be) gone\b/i, '"has ended", "does not exist" or "is deleted"'],
  [/\blet(?:s|ting)? (?:nobody |him |it |them )?in\b/i, '"accepts a login"'],
  [/\bin the internet\b/i, '"on the internet"'],
  [/\b(?:a|the|each|every|next|last|first|whole|running|another|one|this|any|of) bakes?\b/i, '"build"; "bake" is the command'],
  [/\bbakes (?:a|the|each|every|one)\b/i, '"builds"'],
  [/\btemporaries\b/i, '"temporary resources"'],
  [/\bembedded cloud\b/i, '"local cloud"'],
  [/\bemulated cloud\b/i, '"EC2 emulator"'],
  [/\bnetwork cards?\b/i, '"network interface"'],
  [/\bprocessors?\b/, '"CPU" or "vCPU"'],
  [/\bfile of known hosts\b/i, '"known_hosts file"'],
  [/\bsuite of hygiene\b|\bhygiene suite\b/i, '"hygiene checks"'],
  [/\bstand-?ins?\b/i, '"replacement", or "simulated"'],
  [/\bbug of\b/i, '"internal error"'],
]

/** The words to avoid in a text: line, word and what to write instead. Code in Markdown is skipped. */
export function findAvoided(text: string): { readonly line: number; readonly word: string; readonly instead: string }[] {
  return text.split('\n').flatMap((content, index) =>
    avoided.flatMap(([word, instead]) => {
      const found = word.exec(content.replace(/`[^`]*`/g, '``'))
      return found ? [{ line: index + 1, word: found[0], instead }] : []
    }),
  )
}

/** The texts of a source file that a user can see, each on its line: string literals of at least three words. */
export function messagesOf(text: string): string {
  const literal = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g
  const isMessage = (found: string): boolean => (found.match(/[A-Za-z]{2,} /g) ?? []).length >= 2
  return text
    .split('\n')
    .map((line) =>
      (/^\s*(?:\*|\/\/|\/\*\*)/.test(line) ? [] : (line.match(literal) ?? []))
        .filter(isMessage)
        .map((found) => found.slice(1, -1).replaceAll('`', ''))
        .join(' '),
    )
    .join('\n')
}

/** Replaces everything in a source file by empty lines, except comments and the names of tests. */
export function proseOf(path: string, text: string): string {
  if (path.endsWith('.md')) return blankBlocks(text)
  if (/\.(ts|mjs)$/.test(path))
    return keepLines(text, /^\s*(?:\/\*\*?|\*|\/\/)|\s\/\/ |\/\*\* |^\s*(?:describe|it|test)\b.*['"`]|^\s*\]\S*\)\(['"`]/)
  return keepLines(text, /^\s*(?:#|;)|"""/)
}

function keepLines(text: string, kept: RegExp): string {
  return text
    .split('\n')
    .map((line) => (kept.test(line) ? line : ''))
    .join('\n')
}

function blankBlocks(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, (block) => block.replace(/[^\n]/g, ''))
}
