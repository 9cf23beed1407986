import { z } from 'zod';
import { withoutUnseen } from '../http/api-key.ts';

/** Access to S3 from the environment. Never printed, never stored. */
export interface S3Access {
  readonly credentials:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }
    | undefined;
  readonly region: string | undefined;
}

export interface S3HostSettings {
  readonly kind: 's3';
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Undefined: the endpoint of Amazon. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly forcePathStyle: boolean;
  /** Lifetime of a link. */
  readonly expiresMs: number;
  readonly credentials: S3Access['credentials'];
}

/** An account's `referenceHost`: another account by its name, or a bucket. */
export type HostSettings = { readonly kind: 'account'; readonly name: string } | S3HostSettings;

/** Variables that give access to S3, with their meanings. */
export const s3Variables = [
  { name: 'AWS_ACCESS_KEY_ID', meaning: 'access key of an S3 reference host' },
  { name: 'AWS_SECRET_ACCESS_KEY', meaning: 'its secret' },
  { name: 'AWS_SESSION_TOKEN', meaning: 'its session token, where the key is a temporary one' },
  { name: 'AWS_REGION', meaning: 'region of an S3 reference host; default us-east-1' },
] as const;

const bucketPattern = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;
const timePattern = /^(\d{1,3})([hd])$/;
const hourMs = 3_600_000;
/** Maximum lifetime of an S3 signature. */
const expiresMaxMs = 7 * 24 * hourMs;

const s3Schema = z.strictObject({
  s3: z.string().regex(bucketPattern, 'write a bucket, such as s3://my-bucket/references'),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().min(1).optional(),
  forcePathStyle: z.boolean().optional(),
  expires: z
    .string()
    .refine((text) => (timeOf(text) ?? 0) >= hourMs && (timeOf(text) ?? 0) <= expiresMaxMs, {
      message: 'write a time from 1h to 7d, such as 24h',
    })
    .optional(),
});

export const hostSchema = z
  .unknown()
  .superRefine((value, context) => {
    const result = (typeof value === 'object' ? s3Schema : z.string()).safeParse(value);
    for (const issue of result.error?.issues ?? [])
      context.addIssue({ code: 'custom', message: issue.message, path: [...issue.path] });
  })
  .transform((value) => value as string | z.infer<typeof s3Schema>);
type WrittenHost = z.infer<typeof hostSchema>;

export function hostSettings(written: WrittenHost, access: S3Access): HostSettings {
  if (typeof written === 'string') return { kind: 'account', name: written };
  const [, bucket = '', path = ''] = bucketPattern.exec(written.s3) ?? [];
  const prefix = path.replace(/^\/+|\/+$/g, '');
  return {
    kind: 's3',
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint: written.endpoint,
    region: written.region ?? access.region ?? 'us-east-1',
    forcePathStyle: written.forcePathStyle ?? false,
    expiresMs: timeOf(written.expires ?? '24h') ?? 24 * hourMs,
    credentials: access.credentials,
  };
}

function timeOf(text: string): number | undefined {
  const [, count, unit] = timePattern.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === 'd' ? 24 : 1) * hourMs;
}

export function s3AccessOf(environment: Readonly<Record<string, string | undefined>>): S3Access {
  const accessKeyId = withoutUnseen(environment['AWS_ACCESS_KEY_ID']);
  const secretAccessKey = withoutUnseen(environment['AWS_SECRET_ACCESS_KEY']);
  const sessionToken = withoutUnseen(environment['AWS_SESSION_TOKEN']);
  return {
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
        : undefined,
    region: environment['AWS_REGION'] || undefined,
  };
}
