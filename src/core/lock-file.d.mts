/** How a lock is held: its text, whether the owner with another text has ended, and what to do while that one has not. */
export interface LockHolder {
  readonly owner: string
  isOver(owner: string): boolean
  onWait(owner: string | undefined): void
}

export function holdLockFile<T>(file: string, holder: LockHolder, action: () => Promise<T>): Promise<T>
export function createFile(file: string, text: string, mode?: number): boolean
export function breakLockFile(file: string, owner: string): void
export function findLockText(file: string): string | undefined
export function isLockFileOld(file: string): boolean
export function readPidNamespace(): string
