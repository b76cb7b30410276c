import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes an executable shell script atomically. Does nothing if the file has this content already. */
export function writeLauncher(file: string, lines: readonly string[]): void {
  const text = ['#!/bin/sh', ...lines, ''].join('\n')
  if (findText(file) === text) return
  mkdirSync(dirname(file), { recursive: true })
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, text)
  chmodSync(aside, 0o755)
  renameSync(aside, file)
}

function findText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
