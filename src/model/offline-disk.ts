/** A file of an image, seen from outside. */
export interface OfflineEntry {
  /** Kind and permissions, as in `stat`. */
  readonly mode: number
  readonly uid: number
  readonly size: number
}

/** The files of one file system of an image. */
export interface OfflineFiles {
  /** Number of its partition; 0 if the disk has none. */
  readonly partition: number
  /** By path from the top of the file system. A machine made the names: they may contain any byte. */
  readonly entries: ReadonlyMap<string, OfflineEntry>
  /** The text of a file, at most so many bytes; undefined if it is no regular file. */
  read(path: string, limit: number): Promise<string | undefined>
}

/** The disk of an image, read from outside: nothing of the image runs for it. */
export interface OfflineDisk extends AsyncDisposable {
  readonly files: readonly OfflineFiles[]
  /** File systems that cannot be read, as phrases: `partition 2 holds LUKS`. */
  readonly unread: readonly string[]
}
