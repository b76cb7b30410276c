import { join } from 'node:path'
import { sourceFolder } from '../core/paths.ts'
import { completionLine } from '../core/program.ts'
import { print } from './output.ts'

/** Prints the shell function and its completion. */
export async function runCompletion(): Promise<number> {
  print(renderCompletion(process.execPath, join(sourceFolder(), 'bake.ts')).split('\n'))
  return 0
}

/** A function `bakehouse` for bash and zsh, and what completes its words. */
export function renderCompletion(node: string, entry: string): string {
  return `# ${completionLine}
bakehouse() { '${node}' '${entry}' "$@"; }
if [ -n "$ZSH_VERSION" ]; then
  autoload -U +X compinit && compinit
  autoload -U +X bashcompinit && bashcompinit
fi
_bakehouse() {
  local IFS=$'\\n'
  COMPREPLY=($(bakehouse ${completionFlag} "\${COMP_WORDS[@]:1:$COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bakehouse bakehouse`
}

/** What the shell asks for words by. */
export const completionFlag = '--complete-words'
