import { readFileSync, statSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { runTool } from '../../../core/exec.ts'
import { qemuTools } from './tools.ts'

let described: Promise<readonly string[]> | undefined

/**
 * CPU, microcode and kernel of this computer, and its QEMU. VM snapshots and the result of the KVM test depend on them; if one of them
 * changes, the description changes.
 */
export function describeHost(): Promise<readonly string[]> {
  described ??= describe()
  return described
}

async function describe(): Promise<readonly string[]> {
  const { system } = qemuTools()
  const version = (await runTool(system, ['--version'], { timeoutMs: 30_000 }).catch(() => '')).split('\n')[0] ?? ''
  return [...describeProcessor(readProcessors()), release(), version, ...stampOf(system).map(String)]
}

/** Path, size and time of a file. They change when the file is replaced. */
export function stampOf(file: string): readonly unknown[] {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? [file, found.size, found.mtimeMs] : [file]
}

const telling = ['vendor_id', 'cpu family', 'model', 'model name', 'stepping', 'microcode', 'flags']

/** The lines of `/proc/cpuinfo` that identify the first CPU. If the text is empty, the model of the CPU from Node. */
export function describeProcessor(text: string): string[] {
  const [first = ''] = text.split('\n\n')
  const lines = first.split('\n').map((line) => line.split(/\s*:\s*/))
  const found = lines.flatMap(([name = '', value = '']) => (telling.includes(name) ? [`${name}: ${value}`] : []))
  return found.length > 0 ? found : [cpus()[0]?.model ?? 'unknown processor']
}

function readProcessors(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    return ''
  }
}
