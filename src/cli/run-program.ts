import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isPackage, sourceFolder } from '../core/paths.ts'

/** Runs another program of this package in this process. It gets all arguments unchanged, also `--help`. Returns the exit code. */
export async function runProgram(name: string, args: readonly string[]): Promise<number> {
  const path = join(sourceFolder(), `${name}${isPackage ? '.js' : '.ts'}`)
  process.argv = [process.execPath, path, ...args]
  await import(pathToFileURL(path).href)
  return Number(process.exitCode ?? 0)
}
