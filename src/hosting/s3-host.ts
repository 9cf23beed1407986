import { createReadStream } from 'node:fs';
import type * as S3 from '@aws-sdk/client-s3';
import type * as Presigner from '@aws-sdk/s3-request-presigner';
import { isFinal } from '../http/errors.ts';
import { extensionOf } from '../media/kinds.ts';
import { memo } from '../memo.ts';
import type { FileToUpload } from '../providers/port.ts';
import { HostingError, type ReferenceHost } from './port.ts';
import type { S3HostSettings } from '../config/host-settings.ts';

type Sdk = Pick<typeof S3, 'GetObjectCommand' | 'HeadObjectCommand' | 'PutObjectCommand'> &
  Pick<typeof Presigner, 'getSignedUrl'>;

/**
 * Files in a bucket, named by their hash, so that each is stored once. Their links are signed and expire.
 * The bucket itself stays private.
 */
export function s3Host(settings: S3HostSettings, now: () => number = Date.now): ReferenceHost {
  const { bucket, prefix, endpoint, expiresMs, credentials } = settings;
  const name = `s3://${bucket}/${prefix}`;
  const opened = credentials && memo(() => openClient(settings, credentials));
  return {
    key: endpoint === undefined ? name : `${name}@${new URL(endpoint).origin}`,
    name,
    async upload(file) {
      if (!opened) throw new HostingError(noCredentials(name), { lasting: true });
      try {
        const { sdk, client } = await opened.get();
        const object = { Bucket: bucket, Key: `${prefix}${objectName(file)}` };
        if (!(await isThere(sdk, client, object, file.bytes)))
          await client.send(
            new sdk.PutObjectCommand({
              ...object,
              Body: createReadStream(file.path),
              ContentLength: file.bytes,
              ContentType: file.mime,
            }),
          );
        const expiresAt = now() + expiresMs;
        const url = await sdk.getSignedUrl(client, new sdk.GetObjectCommand(object), {
          expiresIn: expiresMs / 1000,
        });
        return { remote: object.Key, url, expiresAt, ready: true };
      } catch (error) {
        throw hostingError(name, error);
      }
    },
  };
}

export function noCredentials(name: string): string {
  return `${name} cannot be reached: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set`;
}

const ignore = (): void => undefined;

/** Loads the SDK with the first file: it is large, and most batches host no files. */
async function openClient(
  settings: S3HostSettings,
  credentials: NonNullable<S3HostSettings['credentials']>,
): Promise<{ sdk: Sdk; client: S3.S3Client }> {
  const [s3, presigner] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const { endpoint, region, forcePathStyle } = settings;
  const client = new s3.S3Client({
    credentials,
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    // The thrown error reports every failure.
    logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
    // Many S3-compatible servers do not support the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { sdk: { ...s3, ...presigner }, client };
}

/** One name per file content, independent of the local file name. */
function objectName({ sha256, mime }: FileToUpload): string {
  const extension = extensionOf(mime);
  return extension === undefined ? sha256 : `${sha256}.${extension}`;
}

async function isThere(
  sdk: Sdk,
  client: S3.S3Client,
  object: { Bucket: string; Key: string },
  bytes: number,
): Promise<boolean> {
  try {
    const { ContentLength } = await client.send(new sdk.HeadObjectCommand(object));
    return ContentLength === bytes;
  } catch (error) {
    const status = statusOf(error);
    // Without s3:ListBucket a missing object answers 403. If the key is refused, the upload fails.
    if (status === 404 || status === 403) return false;
    throw error;
  }
}

function hostingError(name: string, error: unknown): HostingError {
  if (error instanceof HostingError) return error;
  const status = statusOf(error);
  const lasting = status !== undefined && isFinal(status);
  const code = error instanceof Error ? error.name : 'Error';
  const message = error instanceof Error && error.message !== code ? `: ${error.message}` : '';
  return new HostingError(`${name} refused the file: ${code}${message}`, {
    lasting,
    cause: error,
  });
}

/** The HTTP status in an error of the SDK. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata as { httpStatusCode?: number };
  return metadata.httpStatusCode;
}
