import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { faultOf, faultOfLink, readObject } from '../requests.ts';
import type { Env } from '../world.ts';
import { assetByLink } from './dialect-a-rules.ts';
import { refuse } from './dialect-a-answers.ts';
import type { Asset } from './library.ts';
import type { Desk } from './order.ts';
import { pageOf } from './pages.ts';
import { readUpload } from './uploads.ts';

export function addAssetRoutes(api: Hono<Env>, desk: Desk): void {
  api.post('/training-asset', (context) => add(context, desk));
  api.get('/my-uploaded-assets', (context) => {
    const all = desk.library.assetsOf(context.get('account'));
    const page = pageOf(context, all, { usual: 20, most: desk.world.settings.listPageSize });
    if (page === undefined) return refuse(context, 400, 'limit and offset are whole numbers');
    const { items, ...rest } = page;
    return context.json({ assets: items.map((asset) => shownAsset(desk, asset)), ...rest });
  });
}

async function add(context: Context<Env>, desk: Desk): Promise<Response> {
  const id = `asset_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const account = context.get('account');
  if (context.req.header('content-type')?.includes('json')) {
    const body = await readObject(context);
    const wrong = faultOf(assetByLink, body);
    if (wrong !== undefined) return refuse(context, 400, wrong);
    const { url, name = url, tags = [] } = assetByLink.parse(body);
    const fault = faultOfLink(desk.world, url);
    if (fault !== undefined) return refuse(context, 400, `url: ${fault}`);
    const facts = { name, tags, mime: 'image/jpeg', content: url };
    return context.json(shownAsset(desk, desk.library.addAsset(account, id, facts)), 201);
  }
  const upload = await readUpload(context);
  if (typeof upload === 'string') return refuse(context, 400, upload);
  const { form, mime, content } = upload;
  const strange = [...form.keys()].find((part) => !['file', 'name', 'tags[]'].includes(part));
  if (strange !== undefined) return refuse(context, 400, `Unknown parameter: ${strange}`);
  const name = form.get('name');
  const tags = form.getAll('tags[]').filter((tag): tag is string => typeof tag === 'string');
  const facts = { name: typeof name === 'string' ? name : upload.name, tags, mime, content };
  return context.json(shownAsset(desk, desk.library.addAsset(account, id, facts)), 201);
}

function shownAsset({ library, world }: Desk, asset: Asset): object {
  const { id, name, tags, createdAt, mime, bytes, url } = asset;
  return {
    asset_id: id,
    name,
    status: library.isReady(asset) ? 'ready' : 'processing',
    url,
    thumbnail_url: url,
    width: 512,
    height: 512,
    file_size: bytes,
    format: mime.replace('image/', ''),
    tags,
    created_at: world.reported(createdAt),
  };
}
