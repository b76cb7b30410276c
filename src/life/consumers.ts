import type { Consumer } from '../model/consumer.ts'
import { compareVersions } from '../model/version.ts'

export function lags({ version }: Consumer, latest: string): boolean {
  return version === '' || compareVersions(version, latest) < 0
}
