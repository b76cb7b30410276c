import type { OptionProblem } from '../descriptor.ts'

/** The options of `aws` that describe volumes. */
interface VolumeOptions {
  readonly volume?: Volume | undefined
  readonly disks?: readonly Volume[] | undefined
}

interface Volume {
  readonly type?: string | undefined
  readonly iops?: number | undefined
  readonly throughput?: number | undefined
}

/** EC2 has no default for the operations of these types, and no setting of throughput for others than gp3. */
export function checkVolumes({ volume, disks = [] }: VolumeOptions): OptionProblem[] {
  return [...(volume ? checkVolume(volume, ['volume']) : []), ...disks.flatMap((disk, index) => checkVolume(disk, ['disks', index]))]
}

function checkVolume({ type, iops, throughput }: Volume, path: readonly (string | number)[]): OptionProblem[] {
  const name = path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${part}`), 'aws')
  const problems: OptionProblem[] = []
  if ((type === 'io1' || type === 'io2') && iops === undefined) {
    problems.push({
      path: [...path],
      text: `expected ${name}.iops, because ${type} volumes have no default, got nothing`,
      hint: `set ${name}.iops`,
    })
  }
  if (throughput !== undefined && type !== 'gp3') {
    problems.push({
      path: [...path, 'throughput'],
      text: `expected ${name}.type to be gp3, because throughput is set, got ${type ?? 'nothing'}`,
      hint: `set ${name}.type to gp3`,
    })
  }
  return problems
}
