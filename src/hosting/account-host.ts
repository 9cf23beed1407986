import type { Provider } from '../providers/port.ts';
import { HostingError, type ReferenceHost } from './port.ts';

/** A reference host that is another account. Its vendor answers an upload with a public link. */
export function accountHost(account: {
  readonly key: string;
  readonly name: string;
  readonly provider: Provider;
}): ReferenceHost {
  const { key, name, provider } = account;
  const reporting = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HostingError) throw error;
      const verdict = provider.classify(error);
      const lasting = ['fine', 'badKey', 'forbidden', 'noFunds'].includes(verdict.account.kind);
      throw new HostingError(`${name} refused the file: ${verdict.message}`, {
        lasting: lasting && verdict.request === 'refused',
        cause: error,
      });
    }
  };
  return {
    key,
    name,
    upload: (file) =>
      reporting(async () => {
        const uploaded = await provider.upload?.(file);
        if (uploaded && isPublicLink(uploaded.url)) return uploaded;
        throw new HostingError(`${name} gave no public link to the file`, { lasting: true });
      }),
    ...(provider.uploadStates && {
      uploadStates: (remotes) =>
        reporting(async () => (await provider.uploadStates?.(remotes)) ?? []),
    }),
  };
}

/** Checks a link before another vendor fetches it, because an answer may contain anything. */
function isPublicLink(url: string | null): boolean {
  const protocol = url === null ? undefined : URL.parse(url)?.protocol;
  return protocol === 'https:' || protocol === 'http:';
}
