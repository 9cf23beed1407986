import { randomInt } from 'node:crypto';
import { canonical, sha256 } from '../digest.ts';
import { renderVideo } from '../video.ts';
import type { Job } from '../jobs.ts';
import { type ImageSpec, renderImage, sizeFor } from '../images.ts';
import { textOf } from '../requests.ts';
import type { World } from '../world.ts';

type Body = Readonly<Record<string, unknown>>;

interface Task {
  readonly job: Job;
  readonly body: Body;
  readonly file: string;
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `tsk_` and a ULID: ten characters of time, sixteen random ones. */
export function newTaskId(now: number): string {
  const letter = (value: number): string => crockford[value % 32] ?? '0';
  const time = Array.from({ length: 10 }, (_, index) =>
    letter(Math.floor(now / 32 ** (9 - index))),
  );
  const rest = Array.from({ length: 16 }, () => letter(randomInt(32)));
  return `tsk_${[...time, ...rest].join('')}`;
}

/** Ordered tasks, and how a task is shown. */
export class Tasks {
  readonly #world: World;
  readonly #tasks = new Map<string, Task>();
  /** By file name: the identity of the file's content. */
  readonly #shown = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Registers the file at once. It can be fetched after the job has succeeded. */
  add(job: Job, body: Body): void {
    const { files, jobs, settings } = this.#world;
    const spec = this.#specOf(job, body);
    const isVideo = job.entry.kind === 'video';
    const [output] = job.entry.outputs;
    const ending = isVideo ? 'mp4' : spec.format === 'png' ? 'png' : 'jpg';
    const file = `${output?.id ?? job.id}.${ending}`;
    const seconds = Number(body['duration'] ?? 5);
    files.add(file, {
      type: isVideo ? 'video/mp4' : `image/${spec.format}`,
      ready: () => jobs.state(job) === 'success',
      content: () =>
        isVideo ? renderVideo(spec, settings.images, seconds) : renderImage(spec, settings.images),
      ...(output && { output }),
    });
    this.#shown.set(file, spec.identity);
    this.#tasks.set(job.id, { job, body, file });
  }

  /** The documents use two styles of field names for a task; the settings choose one. */
  show({ id }: Job): object | undefined {
    const task = this.#tasks.get(id);
    if (task === undefined) return undefined;
    const { job, body, file } = task;
    const state = this.#world.jobs.state(job);
    const url = state === 'success' ? this.#world.files.url(file) : undefined;
    const isVideo = job.entry.kind === 'video';
    const images = isVideo || url === undefined ? [] : [url];
    const videoUrl = isVideo && url !== undefined ? url : null;
    const common = {
      type: isVideo ? 'video' : 'image',
      status: state === 'success' ? 1 : state === 'failed' ? 2 : 0,
      creditsUsed: job.entry.cost,
      createdAt: this.#world.reported(job.createdAt, job),
      errorCode: state === 'failed' ? 'EMPTY_RESULT' : null,
      errorMessage: state === 'failed' ? 'The upstream returned no result' : null,
    };
    const ended =
      state === 'success' || state === 'failed' ? this.#world.reported(job.doneAt, job) : null;
    if (this.#world.settings.taskStyle === 'quickstart')
      return {
        ...common,
        id,
        outputImageUrls: images,
        outputVideoUrl: videoUrl,
        creditRefunded: job.entry.refunded,
        completedAt: ended,
      };
    return {
      ...common,
      taskId: id,
      model: body['model'],
      prompt: body['prompt'],
      imageUrls: images,
      videoUrl,
      creditsRefunded: job.entry.refunded,
      updatedAt: ended ?? common.createdAt,
    };
  }

  /** The same request gives the same bytes on any simulator. Further takes of it differ. */
  #specOf(job: Job, body: Body): ImageSpec {
    const { inputImageUrls, ...plain } = body;
    const links = ((inputImageUrls ?? []) as string[]).map(
      (link) => this.#shown.get(new URL(link).pathname.replace('/files/', '')) ?? link,
    );
    const ratio = textOf(body['aspectRatio']);
    const natural = job.entry.kind === 'video' ? '16:9' : '1:1';
    return {
      ...sizeFor(/^\d+:\d+$/.test(ratio) ? ratio : natural),
      identity: sha256(canonical([job.entry.kind, plain, links, job.take])),
      format: body['outputFormat'] === 'png' ? 'png' : 'jpeg',
      prompt: textOf(body['prompt']),
      model: textOf(body['model']),
      note: `take ${job.take}`,
    };
  }
}
