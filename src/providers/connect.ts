import { mapList } from './lists.ts';
import type { Connection, JobRef, Provider, Vendor } from './port.ts';

/**
 * The vendor with a key, for jobs from any base path of its origin. A job's reference contains the base
 * path, so the job can still be polled after the setting changes.
 */
export function connectVendor(vendor: Vendor, connection: Connection): Provider {
  const current = vendor.connect(connection);
  const path = basePathOf(connection.baseUrl);
  const others = new Map<string, Provider>();
  const providerOf = ({ basePath = path }: JobRef): Provider => {
    if (typeof basePath !== 'string' || basePath === path) return current;
    const baseUrl = withPath(connection.baseUrl, basePath);
    const other = others.get(basePath) ?? vendor.connect({ ...connection, baseUrl });
    others.set(basePath, other);
    return other;
  };
  const placed = (job: JobRef): JobRef => ({ ...job, basePath: path });
  const { describe, listJobs } = current;
  return {
    ...current,
    async start(request, deadline) {
      const started = await current.start(request, deadline);
      return { ...started, job: placed(started.job) };
    },
    jobRef: (id) => placed(current.jobRef(id)),
    check: (job) => providerOf(job).check(bare(job)),
    ...(describe && {
      describe: async (job) => (await providerOf(job).describe?.(bare(job))) ?? {},
    }),
    ...(listJobs && {
      listJobs: async (sinceMs, untilMs) =>
        mapList(await listJobs(sinceMs, untilMs), (listed) => ({
          ...listed,
          job: placed(listed.job),
        })),
    }),
  };
}

/** The reference as the vendor module made it. */
function bare(job: JobRef): JobRef {
  const { basePath: _, ...own } = job;
  return own;
}

function basePathOf(baseUrl: string): string {
  return new URL(baseUrl).pathname.replace(/\/+$/, '');
}

/** Keeps the origin for any path, so that the key goes nowhere else. */
function withPath(baseUrl: string, path: string): string {
  const url = new URL(baseUrl);
  url.pathname = path;
  return url.href.replace(/\/+$/, '');
}
