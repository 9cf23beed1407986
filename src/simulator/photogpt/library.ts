import { randomUUID } from 'node:crypto';
import type { Account } from '../accounts.ts';
import { iso } from '../clock.ts';
import { sha256 } from '../digest.ts';
import type { Job } from '../jobs.ts';
import { renderVideo } from '../video.ts';
import { type ImageSpec, renderImage } from '../images.ts';
import type { World } from '../world.ts';

export interface Model {
  readonly id: string;
  readonly account: Account;
  readonly createdAt: number;
  updatedAt: number;
  fields: Record<string, unknown>;
  training: Job | undefined;
  deleted: boolean;
}

export interface Image {
  readonly id: string;
  readonly account: Account;
  readonly modelID: string;
  readonly type: 'modelInput' | 'auxiliaryType' | 'output';
  readonly createdAt: number;
  readonly file: string;
  /** The image's content. For an upload: the content of its upscale. */
  readonly spec: ImageSpec;
  /** The job that makes it. An upload has none. */
  readonly job: Job | undefined;
  /** The source of an upscaled image. */
  readonly source: Image | undefined;
}

export interface Video {
  readonly id: string;
  readonly account: Account;
  readonly modelID: string;
  readonly createdAt: number;
  readonly job: Job;
  /** When a download was first requested. */
  preparedAt: number | null;
}

/** Models, images and videos of all PhotoGPT accounts. Each account sees only its own. */
export class Library {
  readonly models = new Map<string, Model>();
  readonly images = new Map<string, Image>();
  readonly videos = new Map<string, Video>();
  readonly #imagesOfJob = new Map<string, Image[]>();
  readonly #videosOfJob = new Map<string, Video[]>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  model(account: Account, id: string): Model | undefined {
    const model = this.models.get(id);
    return model?.account === account && !model.deleted ? model : undefined;
  }

  /** An image that exists by now: an upload, or the output of a job that succeeded. */
  image(account: Account, id: string): Image | undefined {
    const image = this.images.get(id);
    return image?.account === account && this.#made(image.job) ? image : undefined;
  }

  video(account: Account, id: string): Video | undefined {
    const video = this.videos.get(id);
    return video?.account === account && this.#made(video.job) ? video : undefined;
  }

  imagesOf(job: Job): Image[] {
    return this.#imagesOfJob.get(job.id) ?? [];
  }

  videosOf(job: Job): Video[] {
    return this.#videosOfJob.get(job.id) ?? [];
  }

  addModel(account: Account, fields: Record<string, unknown>): Model {
    const now = this.#world.settings.clock.now();
    const id = randomUUID();
    const model: Model = {
      id,
      account,
      createdAt: now,
      updatedAt: now,
      fields,
      training: undefined,
      deleted: false,
    };
    this.models.set(id, model);
    this.#world.book.model({ vendor: 'photogpt', account: account.id, id, at: iso(now), fields });
    return model;
  }

  /** The status as the vendor shows it. */
  status(model: Model): string {
    const isLate = this.#world.settings.clock.now() < (model.training?.newUntil ?? 0);
    return isLate && !model.deleted ? 'new' : this.trueStatus(model);
  }

  trueStatus(model: Model): string {
    if (model.deleted) return 'deleted';
    if (model.training === undefined) return 'new';
    const state = this.#world.jobs.state(model.training);
    return state === 'success' ? 'ready' : state === 'failed' ? 'failed' : 'training';
  }

  addUpload(
    account: Account,
    { modelID, type }: { modelID: string; type: 'modelInput' | 'auxiliaryType' },
    bytes: Uint8Array,
    mime: string,
  ): Image {
    const { settings, files, book } = this.#world;
    const id = randomUUID();
    const digest = sha256(bytes);
    const spec: ImageSpec = {
      identity: digest,
      width: 512,
      height: 512,
      format: 'jpeg',
      prompt: 'an uploaded image',
      model: 'upload',
      note: digest.slice(0, 8),
    };
    const createdAt = settings.clock.now();
    const file = `${id}.${mime.replace('image/', '').replace('jpeg', 'jpg')}`;
    files.add(file, { type: mime, ready: () => true, content: () => Promise.resolve(bytes) });
    const image: Image = {
      id,
      account,
      modelID,
      type,
      createdAt,
      file,
      spec,
      job: undefined,
      source: undefined,
    };
    this.images.set(id, image);
    book.upload({
      vendor: 'photogpt',
      account: account.id,
      id,
      at: iso(createdAt),
      sha256: digest,
      model: modelID,
      type,
      bytes: bytes.byteLength,
    });
    return image;
  }

  /** Registers a job's images at once. They can be seen and fetched after it has succeeded. */
  addImages(job: Job, modelID: string, specs: readonly ImageSpec[], source?: Image): void {
    const { settings, files } = this.#world;
    const images = specs.map((spec, index): Image => {
      const output = job.entry.outputs[index];
      const id = output?.id ?? randomUUID();
      const file = `${id}.${spec.format === 'png' ? 'png' : 'jpg'}`;
      files.add(file, {
        type: `image/${spec.format}`,
        ready: () => this.#made(job),
        content: () => renderImage(spec, settings.images),
        output,
      });
      const { account, createdAt } = job;
      return { id, account, modelID, type: 'output', createdAt, file, spec, job, source };
    });
    for (const image of images) this.images.set(image.id, image);
    this.#imagesOfJob.set(job.id, images);
  }

  /** Registers a job's videos: a playlist for viewing, and a video file once its download is prepared. */
  addVideos(job: Job, modelID: string, specs: readonly ImageSpec[], seconds: number): void {
    const { settings, files } = this.#world;
    const videos = specs.map((spec, index): Video => {
      const output = job.entry.outputs[index];
      const id = output?.id ?? randomUUID();
      const { account, createdAt } = job;
      const video: Video = { id, account, modelID, createdAt, job, preparedAt: null };
      files.add(`${id}.m3u8`, {
        type: 'application/vnd.apple.mpegurl',
        ready: () => this.#made(job),
        content: () => Promise.resolve(Buffer.from(playlist(files.url(`${id}.mp4`), seconds))),
      });
      files.add(`${id}.mp4`, {
        type: 'video/mp4',
        ready: () => this.downloadProgress(video) === 100,
        content: () => renderVideo(spec, settings.images, seconds),
        output,
      });
      return video;
    });
    for (const video of videos) this.videos.set(video.id, video);
    this.#videosOfJob.set(job.id, videos);
  }

  /** 0 to 100, or null when no download was requested. */
  downloadProgress(video: Video): number | null {
    if (video.preparedAt === null) return null;
    const { clock, downloadMs } = this.#world.settings;
    const passed = clock.now() - video.preparedAt;
    return passed >= downloadMs ? 100 : Math.floor((passed / downloadMs) * 100);
  }

  #made(job: Job | undefined): boolean {
    return job === undefined || this.#world.jobs.state(job) === 'success';
  }
}

function playlist(url: string, seconds: number): string {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${seconds}`,
    `#EXTINF:${seconds},`,
    url,
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}
