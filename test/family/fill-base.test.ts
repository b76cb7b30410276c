import { describe, expect, it } from 'vitest'
import { fillBase } from '../../src/family/fill-base.ts'
import { familySchema } from '../../src/family/schema.ts'

const spec = (parameter: string, variables: Record<string, unknown>) =>
  familySchema.parse({ base: { parameter }, configure: { variables } })

describe('a base image with variables', () => {
  it('contains the value of the variable', () => {
    const { base, problems } = fillBase(spec('/aws/Windows_Server-{{ windows_release }}-Base', { windows_release: '2022' }))
    expect(base).toEqual({ parameter: '/aws/Windows_Server-2022-Base' })
    expect(problems).toEqual([])
  })

  it('is an error that names an unknown variable', () => {
    const { problems } = fillBase(spec('/aws/{{ relase }}', { release: 2025 }))
    expect(problems[0]?.text).toBe('expected a variable of configure.variables (release), got {{ relase }}')
  })

  it('without variables does not change', () => {
    const plain = familySchema.parse({ base: { debian: 'bookworm' } })
    expect(fillBase(plain).base).toEqual(plain.base)
  })
})
