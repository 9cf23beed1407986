import type { Context, Hono } from 'hono';
import { faultOf, textOf } from '../requests.ts';
import type { Env } from '../world.ts';
import { type Desk, answer, priceOf, readBody, refuse, refuseUnpaid } from './answers.ts';
import type { Model } from './library.ts';
import { changedModel, newModel } from './rules.ts';

const trainingImages = { min: 12, max: 20 };

export function addModelRoutes(routes: Hono<Env>, desk: Desk): void {
  const { library } = desk;
  routes.get('/models', (context) => {
    const account = context.get('account');
    const own = [...library.models.values()].filter((model) => !model.deleted);
    return answer(
      context,
      own.filter((model) => model.account === account).map((model) => shown(desk, model)),
    );
  });
  routes.post('/models', (context) => save(context, desk));
  routes.get('/models/:id', (context) => {
    const model = library.model(context.get('account'), context.req.param('id'));
    if (model === undefined) return refuse(context, 404, 'model not found');
    return answer(context, shown(desk, model));
  });
  routes.delete('/models/:id', (context) => {
    const model = library.model(context.get('account'), context.req.param('id'));
    if (model === undefined) return refuse(context, 404, 'model not found');
    model.deleted = true;
    return answer(context, 'Model deleted');
  });
  routes.get('/models/:id/train', (context) => train(context, desk));
}

async function save(context: Context<Env>, desk: Desk): Promise<Response> {
  const body = await readBody(context);
  if (body instanceof Response) return body;
  const account = context.get('account');
  if (body['id'] === undefined) {
    const wrong = faultOf(newModel, body);
    if (wrong !== undefined) return refuse(context, 400, wrong);
    return answer(context, shown(desk, desk.library.addModel(account, body)));
  }
  const wrong = faultOf(changedModel, body);
  if (wrong !== undefined) return refuse(context, 400, wrong);
  const model = desk.library.model(account, textOf(body['id']));
  if (model === undefined) return refuse(context, 404, 'model not found');
  Object.assign(model.fields, body);
  delete model.fields['id'];
  model.updatedAt = desk.world.settings.clock.now();
  return answer(context, shown(desk, model));
}

function train(context: Context<Env>, desk: Desk): Response {
  const { library, world } = desk;
  const account = context.get('account');
  const model = library.model(account, context.req.param('id') ?? '');
  if (model === undefined) return refuse(context, 404, 'model not found');
  const status = library.trueStatus(model);
  if (status !== 'new') {
    return refuse(context, 400, `only a new model can be trained, this one is ${status}`);
  }
  const count = [...library.images.values()].filter(
    (image) => image.modelID === model.id && image.type === 'modelInput',
  ).length;
  if (count < trainingImages.min || count > trainingImages.max) {
    return refuse(context, 400, `training needs 12 to 20 images, the model has ${count}`);
  }
  const running = [...library.models.values()].filter(
    (other) => other.account === account && library.trueStatus(other) === 'training',
  );
  if (running.length >= world.settings.maxTrainings) {
    return refuse(context, 429, 'too many trainings are running');
  }
  const cost = priceOf(desk, 'training');
  const refusal = refuseUnpaid(context, desk, cost);
  if (refusal !== undefined) return refusal;
  model.training = world.jobs.accept({
    vendor: 'photogpt',
    account,
    kind: 'train',
    request: { modelID: model.id },
    cost,
    ms: world.settings.trainingMs,
    outputs: [],
    path: context.req.path,
    id: model.id,
  });
  context.set('accepted', model.training.entry);
  return answer(context, 'Training triggered');
}

/** Further fields are not documented. A revealing vendor shows the fields that the model was made with. */
function shown({ library, world }: Desk, model: Model): object {
  return {
    createdAt: world.reported(model.createdAt),
    id: model.id,
    modelType: 'person',
    status: library.status(model),
    updatedAt: world.reported(model.updatedAt),
    ...(world.settings.revealing ? model.fields : {}),
  };
}
