import { vi } from 'vitest'

/** Runs a program in this process. Returns its exit code and what it wrote. */
export async function captureOutput(program: () => Promise<number>): Promise<{ code: number; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text)
      return true
    }),
  )
  try {
    return { code: await program(), ...texts }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
