import { join } from 'node:path'
import { print } from '../core/output.ts'
import { isPackage, sourceFolder } from '../core/paths.ts'
import { completionFlag, completionLine, fishCompletionLine } from '../core/program.ts'
import { quoteShell } from '../core/quote.ts'

/** The shells for which there is a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** Prints the completion script for a shell. Returns the exit code. */
export async function runCompletion({ shell }: { readonly shell?: (typeof shells)[number] }): Promise<number> {
  const render = shell === 'fish' ? renderFishCompletion : renderCompletion
  print(render(process.execPath, join(sourceFolder(), `bake${isPackage ? '.js' : '.ts'}`)).split('\n'))
  return 0
}

/**
 * The script for bash and zsh: a function `bakehouse`, and its completion. In zsh, it loads the functions `compdef` and `complete` if
 * they are not loaded yet.
 */
function renderCompletion(node: string, entry: string): string {
  return `# ${completionLine}
bakehouse() { ${quoteShell(node)} ${quoteShell(entry)} "$@"; }
if [ -n "\${ZSH_VERSION-}" ]; then
  command -v compdef >/dev/null || { autoload -U +X compinit && compinit; }
  command -v complete >/dev/null || { autoload -U +X bashcompinit && bashcompinit; }
fi
_bakehouse() {
  local IFS=$'\\n'
  COMPREPLY=($(bakehouse ${completionFlag} "\${COMP_WORDS[@]:1:$COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bakehouse bakehouse`
}

/** The script for fish. */
function renderFishCompletion(node: string, entry: string): string {
  const [quotedNode, quotedEntry] = [node, entry].map((path) => `'${path.replace(/[\\']/g, '\\$&')}'`)
  return `# ${fishCompletionLine}
function bakehouse
  ${quotedNode} ${quotedEntry} $argv
end
complete -c bakehouse -f -a '(bakehouse ${completionFlag} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`
}
