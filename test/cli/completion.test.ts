import { describe, expect, test } from 'vitest'
import { completeWords } from '../../src/cli/complete.ts'
import { run } from '../../src/core/exec.ts'
import { findCommand } from '../../src/core/find-command.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { bakehouse, projectWithBuilds } from '../helpers/command-line.ts'

describe('completion', () => {
  const shells = [
    ['bash', ['-u', '-c', 'eval "$0"; COMP_WORDS=(bakehouse reap --d) COMP_CWORD=2; _bakehouse; echo $COMPREPLY']],
    ['zsh', ['-f', '-u', '-c', 'eval "$0"; COMP_WORDS=(bakehouse reap --d) COMP_CWORD=2; compgen -F _bakehouse -- --d']],
    ['fish', ['--no-config', '-c', 'echo $argv | source; complete -C "bakehouse reap --d"']],
  ] as const

  // bash is always there. On a computer without zsh or fish, only the text of their scripts is tested, below.
  test.each(shells.filter(([shell]) => findCommand(shell)))('completes a partial word in %s', async (shell, args) => {
    const script = (await bakehouse(['completion', shell])).stdout
    const { stdout, stderr } = await run(shell, [...args, script], { env: { HOME: '/nonexistent', BAKEHOUSE_HOME: homeFolder() } })
    expect([stdout, stderr]).toEqual(['--dry-run\n', ''])
  })

  test('does not initialize the completion of zsh again, and has a script for fish', async () => {
    expect((await bakehouse(['completion'])).stdout).toContain('command -v compdef >/dev/null || { autoload -U +X compinit && compinit; }')
    const { stdout } = await bakehouse(['completion', 'fish'])
    expect(stdout).toContain('complete -c bakehouse -f -a')
    expect(stdout).not.toContain('COMP_WORDS')
  })

  test('suggests verbs, options and families', async () => {
    using _project = await projectWithBuilds()
    const complete = (...words: string[]): Promise<string[]> => completeWords(words)
    expect(await complete('bake', '--keep', '')).toEqual(['never', 'failed', 'always'])
    expect(await complete('hi')).toEqual(['history'])
    expect(await complete('--family', '')).toEqual(['linux-web'])
    expect(await complete('show', 'li')).toEqual(['linux-web'])
    expect(await complete('reap', '--d')).toEqual(['--dry-run'])
    expect(await complete('--keep', 'f')).toEqual(['failed'])
  })
})
