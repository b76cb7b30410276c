/** The CPU time that this process needs for some work, in ms. Other than the time on a clock, it does not grow on a busy computer. */
export function cpuTimeOf(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
