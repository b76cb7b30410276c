import { describe, expect, it } from 'vitest'
import { explainFailure, refuseLock } from '../../src/engine/explain-failure.ts'
import { isLocked } from '../../src/engine/failed-run.ts'

const failed = (stderr: string): Error => Object.assign(new Error('failed'), { commandResult: { err: { exitCode: 255, stderr } } })

/** Messages of the engine 3.259.0. */
describe('a backend that cannot be used is exit code 3 with a remedy', () => {
  it.each([
    ['PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions', 'access token', 'set PULUMI_ACCESS_TOKEN'],
    ['[401] Unauthorized: No credentials provided or are invalid.', 'access token', 'set PULUMI_ACCESS_TOKEN'],
    ['Unauthorized: No credentials provided or are invalid.', 'access token', 'set PULUMI_ACCESS_TOKEN'],
    [
      'read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error S3: GetObject, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found',
      'no credentials',
      'AWS_PROFILE',
    ],
    ['operation error S3: ListObjectsV2, https response error StatusCode: 404, NoSuchBucket', 'does not exist', 'create the bucket'],
    ['unable to open state directory "file:///nowhere": stat /nowhere: no such file or directory', 'does not exist', 'create the folder'],
    ['operation error S3: PutObject, https response error StatusCode: 403, api error AccessDenied', 'may not use it', 'aws:policy'],
    ['operation error KMS: Decrypt, api error AccessDeniedException', 'may not use it', 'its key'],
    ['api error ExpiredToken: The provided token has expired.', 'expired', 'log in again'],
    ['dial tcp: lookup bucket.s3.amazonaws.com: no such host', 'cannot be reached', 'network'],
    [
      'could not create secrets manager for new stack: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables',
      'no passphrase',
      'BAKEHOUSE_SECRETS_PROVIDER',
    ],
  ])('%s', (message, what, hint) => {
    const error = explainFailure(message, { backend: 's3://state' })
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining(what), hint: expect.stringContaining(hint) })
    expect(error?.message).toContain('s3://state')
  })

  it('but an error of a program is not one of the backend', () => {
    expect(explainFailure('the program failed: x is undefined', { backend: 's3://state' })).toBeUndefined()
  })
})

describe('a lock', () => {
  const lock =
    'error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  s3://state/.pulumi/locks/x.json: created by ann@build-1 (pid 4711) at 2026-11-27T10:00:00Z'

  it.each([lock, 'error: [409] Conflict: Another update is currently in progress.', 'operation error S3: PutObject, StatusCode: 409'])(
    'is waited for: %s',
    (stderr) => {
      expect(isLocked(failed(stderr))).toBe(true)
    },
  )

  it('is an error with its owner, the time of waiting, and the command that removes it', () => {
    expect(refuseLock('web', 120, failed(lock))).toMatchObject({
      exitCode: 3,
      message: 'The stack web is locked by ann@build-1 (pid 4711, since 2026-11-27T10:00:00Z); waited 120 s for it',
      hint: expect.stringContaining('npm run pulumi -- cancel web'),
    })
  })
})
