import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SectionName, sections } from './vendor-errors/list.ts';
import { type Checked, checkSection, courseSection } from './vendor-errors/page.ts';
import {
  checkOnly,
  type Client,
  clients,
  type Course,
  playOut,
  sourceOf,
} from './vendor-errors/stage.ts';

/** Batches at once: more only wait for each other. */
const atOnce = 8;
const courses = new Map<SectionName, Map<Client, Course>>();
const names = Object.keys(sections) as SectionName[];

beforeAll(async () => {
  const waiting = names.flatMap((name) => clients.map((client) => ({ name, client })));
  const played = new Map<string, Course>();
  const play = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { name, client } = next;
      played.set(`${name} ${client.title}`, await playOut(client, sections[name]));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, play));
  for (const name of names)
    courses.set(
      name,
      new Map(clients.map((client) => [client, played.get(`${name} ${client.title}`) as Course])),
    );
});

const each = (name: SectionName): [Client, Course][] => [...(courses.get(name) ?? [])];
const stateOf = ({ shots }: Course['end']) => [...new Set(shots.map(({ state }) => state))];

/** Saved, and no request carried out more often than there are shots. */
function expectSaved(look: Course['end'] | undefined, { accepted }: Course): void {
  expect(look && [look.exitCode, ...stateOf(look)]).toEqual([0, 'done']);
  expect(look?.text).not.toMatch(/blocked|stopped/);
  expect(accepted).toBe(look?.shots.length);
}

describe('at every vendor', () => {
  it.each([
    ['wrongKey', 'badKey', 'the vendor refuses the key'],
    ['noFunds', 'noFunds', 'the vendor says the account has no credit'],
  ] as const)('%s blocks the account until a person resumes', (name, block, words) => {
    for (const [, course] of each(name)) {
      const { end, fixed, posts } = course;
      expect(stateOf(end)).toEqual(['open']);
      expect(end).toMatchObject({ blocks: [block], exitCode: 4 });
      expect(end.text.split(words)).toHaveLength(2);
      expect(end.next).toContain('shotlist resume shoes');
      // A key is tried for nothing; want of funds shows when each of two shots was tried at most once.
      expect(posts).toBeLessThanOrEqual(name === 'wrongKey' ? 2 : 4);
      if (name === 'wrongKey') expect(end.submissions).toEqual([]);
      expectSaved(fixed, course);
    }
  });

  it.each(['rateLimit', 'rateLimitUntold'] as const)('%s is waited for', (name) => {
    for (const [{ title }, course] of each(name)) {
      const { during, end, posts } = course;
      expect(during).toMatchObject({ blocks: ['limited'], exitCode: 4 });
      expect(during.text).toContain('rate limited by the vendor; goes on by itself');
      expect(during.next.join()).not.toContain('resume');
      const isTold = name === 'rateLimit' || title === 'ProductAI';
      expect(during.blockedSeconds).toBe(isTold ? 30 : 2);
      // One refusal alone that names no time is tried again at once.
      expect(posts).toBe(isTold ? 2 : 3);
      expectSaved(end, course);
    }
  });

  it("an unchecked model reaches the vendor, and the vendor's refusal the person", () => {
    for (const [, { end, accepted, posts }] of each('refusedModel')) {
      expect(stateOf(end)).toEqual(['failed']);
      expect(end.text).toMatch(/failed +1 {2}\w+ answered 40[04]: .*(model|newest)/i);
      expect({ ...end, accepted, posts }).toMatchObject({ exitCode: 3, accepted: 0, posts: 1 });
    }
  });

  it('a link that ended is asked for again, and the file saved', () => {
    for (const [, course] of each('expiredLink')) {
      expect(course.during.shots[0]?.outputs[0]?.why).toContain('answered 403');
      // The first link and the fresh one, before any wait.
      expect(course.faults['url-expired']).toBeGreaterThanOrEqual(2);
      expectSaved(course.end, course);
    }
  });

  it.each(['malformedStart', 'pageAfter'] as const)(
    '%s adopts the job that the list shows, and else asks a person',
    (name) => {
      for (const [{ lists }, course] of each(name)) {
        expect(course.during.submissions[0]?.why).toContain('unreadable answer (not JSON)');
        expect(course.posts).toBe(1);
        if (lists) expectSaved(course.end, course);
        else expectParked(course.end, 'unreadable answer (not JSON)');
      }
    },
  );

  it('an error page for a paid request asks a person where no other job shows what the list is worth', () => {
    for (const [{ lists }, course] of each('pageBefore')) {
      expect(course.during.submissions[0]?.why).toContain('answered 502: a web page, "Error"');
      expect(course.posts).toBe(1);
      expectParked(
        course.end,
        'answered 502: a web page, "Error"',
        lists ? 'no later job' : undefined,
      );
    }
  });

  it.each(['malformedPoll', 'pageForPoll', 'pageForFile'] as const)('%s fixes itself', (name) => {
    for (const [, course] of each(name)) {
      expect(stateOf(course.during)).toEqual(['bound']);
      expect(course.posts).toBe(1);
      expectSaved(course.end, course);
    }
  });

  function expectParked(
    look: Course['end'],
    why: string,
    doubt = 'the vendor does not list',
  ): void {
    expect(stateOf(look)).toEqual(['parked']);
    expect(look.text).toContain(why);
    expect(look.text).toContain(`and ${doubt}`);
    expect(look).toMatchObject({ exitCode: 3 });
    expect(look.next).toContain('shotlist resolve shoes');
  }
});

describe('a mistake in the file', () => {
  const checked = async (change: (client: Client) => string): Promise<Checked[]> =>
    await Promise.all(
      clients.map(async (client) => {
        const { problems, text, requests } = await checkOnly(client, change(client));
        expect(requests).toBe(0);
        expect(problems.map(({ severity }) => severity)).toContain('error');
        return { client, problems, text };
      }),
    );
  const misspelt = ({ account, model }: Client): string => `${account}:${model.slice(0, -1)}`;
  const unknownModel = () => checked((client) => sourceOf(client, { model: (of) => misspelt(of) }));
  const wrongOptions = () =>
    checked(
      (client) => `${sourceOf(client)}    aspectRatio: "7:5"\n    options: { glitter: high }\n`,
    );

  it('is told with what was meant, before anything is sent', async () => {
    for (const { client, text } of await unknownModel()) {
      expect(text).toContain(`${client.account} has no model`);
      expect(text).toContain(`did you mean ${client.account}:${client.model}?`);
    }
    for (const { client, text } of await wrongOptions()) {
      const name = `${client.account}:${client.model}`;
      expect(text).toContain(`${name} takes no aspectRatio 7:5`);
      expect(text).toContain(`${name} takes no option glitter`);
    }
  });

  /** `vitest -u` writes the page again. */
  it('and every problem stands on the page as it is', async () => {
    const page = new URL('../../docs/vendor-errors.md', import.meta.url);
    const text = await readFile(page, 'utf8');
    const marked = /(<!-- vendor errors -->\n)[\s\S]*(<!-- \/vendor errors -->)/;
    expect(text).toMatch(marked);
    const parts = [
      checkSection(
        'Unknown model',
        'Every model is looked up before anything is sent, in every command that reads the file.',
        await unknownModel(),
      ),
      checkSection(
        'Invalid option',
        'Every field and every option is checked against the model in the same way.',
        await wrongOptions(),
      ),
      ...names.map((name) => courseSection(sections[name], courses.get(name) ?? new Map())),
    ];
    const current = text.replace(
      marked,
      (_, start: string, end: string) => `${start}\n${parts.join('\n\n')}\n\n${end}`,
    );
    await expect(current).toMatchFileSnapshot(page.pathname);
  });
});
