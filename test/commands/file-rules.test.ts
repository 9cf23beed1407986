import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

let desk: Awaited<ReturnType<typeof openDesk>>;
beforeAll(async () => {
  desk = await openDesk();
  const image = (red: number) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background: { r: red, g: 9, b: 9 } } });
  mkdirSync(join(desk.folder, 'training'));
  const files: Readonly<Record<string, Buffer>> = {
    'shoe.jpg': await image(1).jpeg().toBuffer(),
    'shoe.gif': await image(2).gif().toBuffer(),
    'shoe.avif': await image(3).avif().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(desk.folder, name), bytes);
  const large = Buffer.concat([files['shoe.jpg'] ?? Buffer.alloc(0), Buffer.alloc(11 * 1024 ** 2)]);
  writeFileSync(join(desk.folder, 'large.jpg'), large);
  for (let index = 0; index < 12; index++) {
    const one = index === 7 ? image(100 + index).gif() : image(100 + index).jpeg();
    const name = index === 7 ? 'seven.gif' : `${index}.jpg`;
    writeFileSync(join(desk.folder, 'training', name), await one.toBuffer());
  }
});
afterAll(() => desk.close());

interface Mistake {
  readonly line: number;
  readonly message: string;
  readonly hint?: string;
}

async function mistakesIn(source: string): Promise<readonly Mistake[]> {
  desk.write('shoes.yaml', `batch: shoes\n${source}`);
  const { errors } = await desk.json<{ errors: Mistake[] }>(['validate', 'shoes.yaml']);
  return errors.map(({ line, message, hint }) => ({ line, message, hint: hint ?? '' }));
}

describe('a file that its vendor documents not to take', () => {
  it('is told at its own line, with what it is and what to do', async () => {
    const source = `steps:
  draw:
    prompt: a shoe on marble
    model: wonda:nano-banana-2
    references:
      - shoe.gif
      - shoe.jpg
      - shoe.avif
`;
    expect(await mistakesIn(source)).toEqual([
      {
        line: 9,
        message: 'shoe.avif is AVIF, and wonda takes JPEG, PNG, GIF, WebP and SVG',
        hint: 'save it as JPEG',
      },
    ]);
  });

  it.each([
    ['shoe.gif', 'shoe.gif is GIF, and productai takes JPEG, PNG and WebP', 'save it as JPEG'],
    ['large.jpg', 'large.jpg has 11.1 MB, and productai takes at most 10 MB', 'make it smaller'],
  ])('is found whatever column names it: %s', async (file, message, hint) => {
    desk.write('shoes.csv', `file\nshoe.jpg\n${file}\n`);
    const source = `steps:
  draw:
    rows: shoes.csv
    model: productai:nanobanana
    prompt: on marble
    references: ['{{ file }}']
`;
    expect(await mistakesIn(source)).toEqual([{ line: 7, message, hint }]);
  });

  it('is told among the training images, before a model is created', async () => {
    const source = `models:
  anna:
    train:
      { account: photogpt, images: 'training/*', name: Anna, gender: Female, age: 29 }
steps:
  draw: { model: anna, prompt: Anna }
`;
    expect(await mistakesIn(source)).toEqual([
      {
        line: 5,
        message: 'training/seven.gif is GIF, and photogpt takes JPEG, WebP, PNG and HEIC',
        hint: 'save it as JPEG',
      },
    ]);
  });

  it('is told for the account that hosts it', async () => {
    desk.write('shotlist.yaml', 'accounts: { photogpt: { referenceHost: productai } }\n');
    const source = `steps:
  draw: { model: 'photogpt:nanobanana', prompt: a shoe, references: [shoe.gif] }
`;
    expect(await mistakesIn(source)).toEqual([
      {
        line: 3,
        message: 'shoe.gif is GIF, and productai, which hosts it, takes JPEG, PNG and WebP',
        hint: 'save it as JPEG',
      },
    ]);
    desk.write('shotlist.yaml', '{}\n');
  });

  it('stops a plan as well, before any vendor is asked', async () => {
    desk.write(
      'shoes.yaml',
      `batch: shoes
steps:
  draw: { model: 'productai:nanobanana', prompt: on marble, references: [large.jpg] }
`,
    );
    const { code, stderr } = await desk.run(['plan', 'shoes.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('large.jpg has 11.1 MB');
    expect(Object.keys(desk.simulator.book.requests)).toEqual([]);
  });
});
