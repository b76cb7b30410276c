import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { homeFolder } from './paths.ts'

const fileScheme = 'file://'

/** The URL of the state backend: `given`, else that of the environment, else the private one, whose folder may not exist yet. */
export function findBackend(given?: string): string {
  const url = given || process.env.PULUMI_BACKEND_URL
  return url ? resolveBackend(url) : privateUrl()
}

/** Creates the folder of the private state. */
export function createPrivateState(): void {
  mkdirSync(privateFolder(), { recursive: true })
}

/**
 * The same URL of a state backend, without a relative path, because the engine runs in another folder. `folder`: the folder that a
 * relative path starts from.
 */
export function resolveBackend(url: string, folder: string = process.cwd()): string {
  if (!url.startsWith(fileScheme)) return url
  const path = url.slice(fileScheme.length)
  if (path.startsWith('/')) return url
  const isInHome = path === '~' || path.startsWith('~/')
  const base = pathToFileURL(`${isInHome ? homedir() : folder}/`)
  return new URL(isInHome ? `.${path.slice(1)}` : `./${path}`, base).href
}

/** Chooses the state backend for this process and for the processes that it starts after this. */
export function useBackend(url: string | undefined): void {
  if (url) process.env.PULUMI_BACKEND_URL = resolveBackend(url)
}

/** Whether only this project uses the backend: the folder in its home folder. Other computers may use every other one. */
export function isPrivate(backend: string): boolean {
  return backend === privateUrl()
}

function privateUrl(): string {
  // Encoded: the engine would take a # in the path for the end of it, and a % for a code.
  return pathToFileURL(privateFolder()).href
}

function privateFolder(): string {
  return join(homeFolder(), 'state')
}
