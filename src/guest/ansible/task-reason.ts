import { isSummary, reasonLine, splitOutput } from '../../core/reason-line.ts'

/** The parts of a task's result that say why it failed, as Ansible gives them. */
export interface FailedResult {
  readonly censored?: unknown
  readonly msg?: unknown
  readonly rc?: unknown
  readonly stdout?: unknown
  readonly stderr?: unknown
  readonly module_stdout?: unknown
  readonly module_stderr?: unknown
  /** The condition of `assert` that is false. */
  readonly assertion?: unknown
  /** `failed_when` made the task fail. */
  readonly failed_when_result?: unknown
  /** Modules that could not gather facts, with their results. */
  readonly failed_modules?: Readonly<Record<string, FailedResult>>
  /** The result of the first failed item of a loop. */
  readonly item?: FailedResult
}

/** Why a task failed, in one line. The log contains the whole result. */
export function reasonOfTask(result: FailedResult): string {
  if (result.censored) return 'hidden by no_log'
  if (result.item) return reasonOfTask(result.item)
  const [module] = Object.entries(result.failed_modules ?? {})
  if (module) return `${module[0]}: ${reasonOfTask(module[1])}`
  const said = reasonOfMessage(textOf(result.msg))
  if (result.assertion !== undefined) return explainAssertion(said, textOf(result.assertion))
  const failed = said === 'non-zero return code'
  if (!failed && !saysNothing(said)) return said
  const parts = [failed ? `exit code ${textOf(result.rc)}` : '', reasonOfOutput(result)]
  return parts.filter(Boolean).join(': ') || said || 'it printed nothing'
}

function explainAssertion(said: string, assertion: string): string {
  return said === '' || said === 'Assertion failed' ? `assertion failed: ${assertion}` : `${said} (assertion: ${assertion})`
}

/** Messages that only say that there is an output. */
function saysNothing(message: string): boolean {
  return (
    message === '' || isSummary(message) || /^(MODULE FAILURE|Module result deserialization failed|Premature end of stream)/.test(message)
  )
}

function reasonOfOutput({ module_stderr, stderr, module_stdout, stdout, failed_when_result: byCondition }: FailedResult): string {
  const line = reasonLine(...[module_stderr, stderr, module_stdout, stdout].map(textOf))
  if (byCondition !== true) return line
  return line === '' ? 'failed_when is true' : `failed_when is true: ${line}`
}

/** The line of a message that says why. Some modules put the output of their command into the message. */
function reasonOfMessage(message: string): string {
  const text = message.replace(/^((Task|Module|Action) failed: )+/, '')
  const output = /(?:\n>>> Standard (?:Error|Output)\n|(?:^|\n):?stderr: |^'\S*(?:apt-get|dpkg)\b.*?' failed: )(?!\s*$)(.+)/s.exec(
    text,
  )?.[1]
  if (output !== undefined) return reasonLine(output)
  return splitOutput(text)[0]?.trim() ?? ''
}

/** A text, or a list of texts. Ansible sometimes gives a list as Python prints it. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  if (value === undefined || value === null) return ''
  const text = (typeof value === 'object' ? JSON.stringify(value) : String(value)).trim()
  if (!/^\[(['"]).*\1\]$/s.test(text)) return text
  return text
    .slice(2, -2)
    .split(/['"], ['"]/)
    .join(', ')
}
