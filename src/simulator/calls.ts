/** The purpose of a request, at any vendor. Faults select requests by these names. */
export const calls = [
  'generate',
  'upscale',
  'video',
  'trigger-training',
  'create-model',
  'training-image',
  'upload',
  'check-job',
  'check-model',
  'check-upload',
  'list-jobs',
  'list-models',
  'list-images',
  'list-videos',
  'list-uploads',
  'describe-image',
  'describe-video',
  'prepare-download',
  'check-download',
  'download',
  'delete',
  'presets',
  'ping',
  'balance',
  'capabilities',
  'prices',
  'estimate',
] as const;
export type Call = (typeof calls)[number];

/** Method and path after the host. The first match counts. */
const routes: readonly (readonly [Call, string, RegExp])[] = [
  ['download', 'GET', /^\/files\//],
  ['delete', 'DELETE', /^/],
  // PhotoGPT
  ['generate', 'POST', /^\/photogpt\/images\/generation$/],
  ['upscale', 'POST', /^\/photogpt\/images\/upscaling$/],
  ['video', 'POST', /^\/photogpt\/videos\/generation$/],
  ['trigger-training', 'GET', /^\/photogpt\/models\/[^/]+\/train$/],
  ['create-model', 'POST', /^\/photogpt\/models$/],
  ['upload', 'POST', /^\/photogpt\/images\/upload$/],
  ['check-job', 'GET', /^\/photogpt\/jobs\/[^/]+$/],
  ['list-jobs', 'GET', /^\/photogpt\/jobs$/],
  ['list-images', 'GET', /^\/photogpt\/models\/[^/]+\/images$/],
  ['check-model', 'GET', /^\/photogpt\/models\/[^/]+$/],
  ['list-models', 'GET', /^\/photogpt\/models$/],
  ['describe-image', 'GET', /^\/photogpt\/images\/[^/]+$/],
  ['prepare-download', 'GET', /^\/photogpt\/videos\/[^/]+\/create-download$/],
  ['check-download', 'GET', /^\/photogpt\/videos\/[^/]+\/download$/],
  ['describe-video', 'GET', /^\/photogpt\/videos\/[^/]+$/],
  ['list-videos', 'GET', /^\/photogpt\/videos$/],
  ['ping', 'GET', /^\/photogpt\/ping$/],
  // ProductAI, both of its dialects
  ['generate', 'POST', /^\/productai\/(api\/)?generate(-custom-model)?$/],
  ['upscale', 'POST', /^\/productai\/api\/upscale$/],
  ['video', 'POST', /^\/productai\/api\/generate-video$/],
  ['upload', 'POST', /^\/productai\/(training-asset|api\/upload-asset)$/],
  ['check-job', 'GET', /^\/productai\/(jobs|api\/job)\/[^/]+$/],
  ['list-jobs', 'GET', /^\/productai\/jobs$/],
  ['list-uploads', 'GET', /^\/productai\/my-uploaded-assets$/],
  ['balance', 'GET', /^\/productai\/(me|api\/key-check)$/],
  // Wonda
  ['generate', 'POST', /^\/wonda\/(image|text)\/generate$/],
  ['video', 'POST', /^\/wonda\/video\/generate$/],
  ['upload', 'POST', /^\/wonda\/media\/upload$/],
  ['check-job', 'GET', /^\/wonda\/jobs\/inference\/[^/]+$/],
  ['check-upload', 'GET', /^\/wonda\/media\/[^/]+$/],
  ['list-uploads', 'GET', /^\/wonda\/media$/],
  ['capabilities', 'GET', /^\/wonda\/capabilities$/],
  ['prices', 'GET', /^\/wonda\/pricing$/],
  ['estimate', 'POST', /^\/wonda\/pricing\/estimate$/],
  ['balance', 'GET', /^\/wonda\/balance$/],
  // GPTImage2API
  ['generate', 'POST', /^\/gptimage2api\/api\/ai\/image\/generate$/],
  ['video', 'POST', /^\/gptimage2api\/api\/ai\/video\/generate$/],
  ['check-job', 'GET', /^\/gptimage2api\/api\/ai\/tasks\/[^/]+$/],
  // Any
  ['presets', 'GET', /\/presets$/],
];

/** Undefined for a path of no vendor. By path alone, a training image is an upload: see `isTrainingImage`. */
export function callOf(method: string, path: string): Call | undefined {
  return routes.find(([, verb, pattern]) => verb === method && pattern.test(path))?.[0];
}

export function isCall(name: unknown): name is Call {
  return calls.some((call) => call === name);
}

/** Whether the form of an upload declares a training image. */
export function isTrainingImage(form: FormData): boolean {
  const data = form.get('data');
  return typeof data === 'string' && /"modelInput"/.test(data);
}
