import { mapList } from './lists.ts';
import type { Connection, JobRef, Provider, Vendor } from './port.ts';

/**
 * The vendor with a key, for jobs that began under any base path of its origin: a job's reference says under
 * which, so that a changed setting does not make it unknown.
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

/** As the vendor itself made it. */
function bare(job: JobRef): JobRef {
  const { basePath: _, ...own } = job;
  return own;
}

function basePathOf(baseUrl: string): string {
  return new URL(baseUrl).pathname.replace(/\/+$/, '');
}

/** At the same origin, whatever the path says: the key goes nowhere else. */
function withPath(baseUrl: string, path: string): string {
  const url = new URL(baseUrl);
  url.pathname = path;
  return url.href.replace(/\/+$/, '');
}
