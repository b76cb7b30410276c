import { describe, expect, it } from 'vitest'
import { findVersion, isAtLeast, isCompatible } from '../../src/core/dotted-version.ts'

describe('versions', () => {
  it.each([
    ['v3.259.0\n', '3.259.0'],
    ['go version go1.26.8 linux/amd64', '1.26.8'],
    ['Python 3.11.7', '3.11.7'],
    ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)', '7.2.22'],
    ['3.260.0-alpha.x1f', '3.260.0'],
    ['command not found', undefined],
  ])('finds the number in %j', (text, version) => {
    expect(findVersion(text)).toBe(version)
  })

  it.each([
    ['3.259.0', '3.259.0', true],
    ['3.259.1', '3.259.0', true],
    ['3.1000.0', '3.259.0', true],
    ['3.99.9', '3.259.0', false],
    ['4.0', '3.259.0', true],
    ['1.26', '1.25.11', true],
    ['1.25', '1.25.11', false],
  ])('%s at least %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected)
  })

  it.each([
    ['3.259.0', true],
    ['3.300.2', true],
    ['3.258.9', false],
    ['4.0.0', false],
    ['2.999.0', false],
  ])('an engine %s is compatible with 3.259.0: %s', (version, expected) => {
    expect(isCompatible(version, '3.259.0')).toBe(expected)
  })
})
