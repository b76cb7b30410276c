import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import type { BucketPlace } from '../core/bucket-url.ts'
import { defined } from '../core/defined.ts'
import { readToolVersion } from '../core/program.ts'
import { requestHandler } from '../core/request-handler.ts'
import type { ArtifactStore } from './store.ts'

/** Opens the artifacts of one build in an S3 bucket. Credentials come from the environment, as for every AWS tool. */
export function openBucketStore({ bucket, prefix, settings }: BucketPlace, path: string): ArtifactStore {
  const client = new S3Client({ requestHandler, ...clientSettings(settings) })
  const object = (name: string) => ({ Bucket: bucket, Key: [prefix, path, name].filter(Boolean).join('/') })
  return {
    async put(name, content, abortSignal) {
      await client.send(new PutObjectCommand({ ...object(name), Body: content, ...encryption(settings) }), { abortSignal })
    },
    async find(name, abortSignal) {
      try {
        const { Body } = await client.send(new GetObjectCommand(object(name)), { abortSignal })
        return Body && Buffer.from(await Body.transformToByteArray())
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined
        throw error
      }
    },
  }
}

/** The parameters of the URL of a state backend, as settings of the SDK. The engine has two names for some of them. */
export function clientSettings(settings: BucketPlace['settings']): S3ClientConfig {
  const { region, profile, endpoint, disableSSL, disable_https: plain = disableSSL, s3ForcePathStyle, use_path_style: inPath } = settings
  const scheme = plain === 'true' ? 'http' : 'https'
  return {
    customUserAgent: [['bakehouse', readToolVersion()]],
    // Other servers than those of AWS do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...defined({
      region,
      profile,
      endpoint: endpoint === undefined || endpoint.includes('://') ? endpoint : `${scheme}://${endpoint}`,
      forcePathStyle: (inPath ?? s3ForcePathStyle) === 'true' ? true : undefined,
    }),
  }
}

function encryption({ ssetype, kmskeyid }: BucketPlace['settings']): Partial<PutObjectCommandInput> {
  return defined({ ServerSideEncryption: ssetype as PutObjectCommandInput['ServerSideEncryption'], SSEKMSKeyId: kmskeyid })
}
