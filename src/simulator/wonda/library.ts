import { randomUUID } from 'node:crypto';
import type { Account } from '../accounts.ts';
import { iso } from '../clock.ts';
import { sha256 } from '../digest.ts';
import type { Job } from '../jobs.ts';
import type { World } from '../world.ts';
import { id as vendor } from './answers.ts';

export interface Media {
  readonly id: string;
  readonly account: Account;
  readonly kind: 'image' | 'video' | 'audio';
  readonly mimeType: string;
  readonly createdAt: number;
  /** When the media is ready. Videos need time after arrival. */
  readonly readyAt: number;
  readonly file: string;
  /** Identity of its content, which also identifies images made from it. */
  readonly identity: string;
  /** The job that makes it. An upload has none. */
  readonly job: Job | undefined;
}

const endings: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'video/quicktime': 'mov',
};

/** Uploads and outputs of all Wonda accounts. Each account sees only its own. */
export class Library {
  readonly #media = new Map<string, Media>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Existing media: an upload, or the output of a job that succeeded. */
  get(account: Account, id: string): Media | undefined {
    const media = this.#media.get(id);
    const made = media?.job === undefined || this.#world.jobs.state(media.job) === 'success';
    return media?.account === account && made ? media : undefined;
  }

  /** Newest first. */
  list(account: Account): Media[] {
    const all = [...this.#media.keys()].map((id) => this.get(account, id));
    return all.filter((media) => media !== undefined).toReversed();
  }

  isReady(media: Media): boolean {
    return this.#world.settings.clock.now() >= media.readyAt;
  }

  upload(account: Account, bytes: Uint8Array, mimeType: string): Media {
    const { settings, files, book } = this.#world;
    const now = settings.clock.now();
    const identity = sha256(bytes);
    const lag = mimeType.startsWith('video/') ? settings.downloadMs : 0;
    const media = this.#add({ account, mimeType, identity, createdAt: now, readyAt: now + lag });
    const content = (): Promise<Uint8Array> => Promise.resolve(bytes);
    files.add(media.file, { type: mimeType, ready: () => true, content });
    const { id } = media;
    book.upload({
      vendor,
      account: account.id,
      id,
      at: iso(now),
      sha256: identity,
      model: '',
      type: media.kind,
      bytes: bytes.byteLength,
    });
    return media;
  }

  /** Registers a job's output at once. It can be seen and fetched after the job has succeeded. */
  addOutput(
    job: Job,
    file: { mimeType: string; identity: string; content: () => Promise<Uint8Array> },
  ): Media {
    const { account, createdAt, doneAt } = job;
    const { mimeType, identity, content } = file;
    const [output] = job.entry.outputs;
    const facts = { account, mimeType, identity, createdAt, readyAt: doneAt };
    const media = this.#add(facts, { id: output?.id ?? randomUUID(), job });
    this.#world.files.add(media.file, {
      type: mimeType,
      ready: () => this.#world.jobs.state(job) === 'success',
      content,
      ...(output && { output }),
    });
    return media;
  }

  #add(
    facts: Pick<Media, 'account' | 'mimeType' | 'identity' | 'createdAt' | 'readyAt'>,
    { id, job }: { id: string; job: Job | undefined } = { id: randomUUID(), job: undefined },
  ): Media {
    const [kind = '', type = ''] = facts.mimeType.split('/');
    const file = `${id}.${endings[facts.mimeType] ?? type}`;
    const media: Media = { ...facts, id, job, file, kind: kind as Media['kind'] };
    this.#media.set(id, media);
    return media;
  }
}
