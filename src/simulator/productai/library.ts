import { randomUUID } from 'node:crypto';
import type { Account } from '../accounts.ts';
import { iso } from '../clock.ts';
import { sha256 } from '../digest.ts';
import { renderVideo } from '../video.ts';
import type { Job } from '../jobs.ts';
import { type ImageSpec, renderImage } from '../images.ts';
import type { World } from '../world.ts';

export interface Asset {
  readonly id: string;
  readonly account: Account;
  readonly name: string;
  readonly tags: readonly string[];
  readonly createdAt: number;
  readonly mime: string;
  readonly bytes: number;
  readonly url: string;
  /** Hash of its content. */
  readonly identity: string;
}

export interface Output {
  readonly file: string;
  readonly spec: ImageSpec;
}

type NewAsset = Pick<Asset, 'name' | 'tags' | 'mime'> & { content: Uint8Array | string };

/** Uploads and outputs of all ProductAI accounts, for both dialects. Each account sees only its own. */
export class Library {
  readonly #world: World;
  readonly #assets = new Map<string, Asset>();
  readonly #outputs = new Map<string, readonly Output[]>();
  readonly #identities = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Text content is a link: the image stays at that address. */
  addAsset(account: Account, id: string, { content, ...facts }: NewAsset): Asset {
    const { settings, files, book } = this.#world;
    const identity = sha256(content);
    const createdAt = settings.clock.now();
    const { mime } = facts;
    let url: string;
    if (typeof content === 'string') url = content;
    else {
      const file = `${randomUUID()}.${mime.replace('image/', '').replace('jpeg', 'jpg')}`;
      files.add(file, { type: mime, ready: () => true, content: () => Promise.resolve(content) });
      this.#identities.set(file, identity);
      url = files.url(file);
    }
    const bytes = typeof content === 'string' ? 0 : content.byteLength;
    const asset = { ...facts, id, account, createdAt, bytes, url, identity };
    this.#assets.set(id, asset);
    book.upload({
      vendor: 'productai',
      account: account.id,
      id,
      at: iso(createdAt),
      sha256: identity,
      model: '',
      type: 'asset',
      bytes,
    });
    return asset;
  }

  asset(account: Account, id: string): Asset | undefined {
    const asset = this.#assets.get(id);
    return asset?.account === account ? asset : undefined;
  }

  /** Newest first. */
  assetsOf(account: Account): Asset[] {
    return [...this.#assets.values()].filter((asset) => asset.account === account).toReversed();
  }

  isReady({ createdAt }: Asset): boolean {
    const { clock, downloadMs } = this.#world.settings;
    return clock.now() >= createdAt + downloadMs;
  }

  /** Registers a job's files at once. They can be fetched after it has succeeded. */
  addOutputs(job: Job, specs: readonly ImageSpec[], seconds: number | null): void {
    const { settings, files, jobs } = this.#world;
    const outputs = specs.map((spec, index): Output => {
      const output = job.entry.outputs[index];
      const ending = seconds === null ? spec.format.replace('jpeg', 'jpg') : 'mp4';
      const file = `${output?.id ?? randomUUID()}.${ending}`;
      files.add(file, {
        type: seconds === null ? `image/${spec.format}` : 'video/mp4',
        ready: () => jobs.state(job) === 'success',
        content: () =>
          seconds === null
            ? renderImage(spec, settings.images)
            : renderVideo(spec, settings.images, seconds),
        ...(output && { output }),
      });
      this.#identities.set(file, spec.identity);
      return { file, spec };
    });
    this.#outputs.set(job.id, outputs);
  }

  outputsOf(job: Job): readonly Output[] {
    return this.#outputs.get(job.id) ?? [];
  }

  /**
   * The identity behind a link. A link to one of the simulator's files stands for its content, any
   * other link for itself.
   */
  identityOf(link: string): string {
    const file = /\/files\/([^/?]+)/.exec(link)?.[1] ?? '';
    return this.#identities.get(file) ?? link;
  }
}
