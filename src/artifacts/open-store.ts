import type { ArtifactsRoot } from './root.ts'
import type { ArtifactStore } from './store.ts'

/** Opens the artifacts of one build. `path`: its folder, relative to the place of all artifacts. */
export async function openStore(root: ArtifactsRoot, path: string): Promise<ArtifactStore> {
  // The SDK of S3 takes a second to load.
  if ('bucket' in root) return (await import('./bucket-store.ts')).openBucketStore(root, path)
  return (await import('./folder-store.ts')).openFolderStore(root.folder, path)
}

/** The place of the artifacts of one build: a path, or `s3://bucket/path`, without parameters. */
export function placeOf(root: ArtifactsRoot, path: string): string {
  if ('bucket' in root) return `s3://${[root.bucket, root.prefix, path].filter(Boolean).join('/')}`
  return `${root.folder}/${path}`
}
