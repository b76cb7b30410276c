import type { Accelerator } from './arguments.ts'
export async function findAccelerator(): Promise<Accelerator> {
  return 'tcg'
}
