import type { Input } from '@pulumi/pulumi'
import { defined } from '../../core/defined.ts'
import { stepMark } from '../../model/build-folder.ts'
import type { BuildContext } from '../cloud.ts'

/** A command of the Pulumi program. */
interface Command {
  readonly verb: 'launch' | 'login' | 'tag' | 'finish'
  /** The name of its resource. */
  readonly name: string
  readonly context: Pick<BuildContext, 'buildFolder'>
  readonly request: Input<string>
  /** The command for its deletion. */
  readonly undo?: 'release' | 'terminate'
}

/** Inputs of a command resource that runs `run.ts` with a request. The build can find the command and end it, as it ends a step. */
export function runner({ verb, name, context, request, undo }: Command) {
  return {
    create: commandLine(verb),
    ...defined({ delete: undo && commandLine(undo) }),
    environment: { BAKEHOUSE_REQUEST: request, BAKEHOUSE_STEP: stepMark(context.buildFolder, name) },
    logging: 'none' as const,
  }
}

/**
 * The shell command for a verb. The state keeps it, and another computer may run it later, from a clone or from the package. So it has no path
 * of this computer: the engine gets the paths from the environment.
 */
function commandLine(verb: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the shell
  const [node, source] = ['"${BAKEHOUSE_NODE:-node}"', '"${BAKEHOUSE_SOURCE:?only Bakehouse can run this command}"']
  return `${node} ${source}/cloud/aws/run.[jt]s ${verb}`
}
