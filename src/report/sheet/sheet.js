'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);

/** Text always goes in as text: nothing of a batch is ever read as markup. */
function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}
const address = (path) => path.split('/').map(encodeURIComponent).join('/');
const plural = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

// One tile per file; a shot without a file is one tile too.
const tiles = data.steps.flatMap((step) =>
  step.shots.flatMap((shot) =>
    (shot.files.length > 0 ? shot.files : [null]).map((file, index) => ({
      step,
      shot,
      file,
      index,
    })),
  ),
);
const shots = data.steps.flatMap((step) => step.shots);

function masthead() {
  byId('batch').textContent = data.batch;
  const images = tiles.filter((tile) => tile.file).length;
  const damaged = tiles.filter((tile) => tile.file?.damaged).length;
  const made = new Date(data.madeAt);
  const when = Number.isNaN(made.getTime())
    ? ''
    : made.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  byId('about').textContent = [
    data.state,
    plural(shots.length, 'shot'),
    plural(images, 'file'),
    damaged > 0 && `${damaged.toLocaleString('en')} damaged`,
    when,
  ]
    .filter(Boolean)
    .join(' · ');
  for (const money of data.accounts) {
    const notes = [];
    if (money.planned && money.planned !== '0') notes.push(`of ${money.planned} accepted`);
    if (money.ambiguous && money.ambiguous !== '0') notes.push(`${money.ambiguous} unsettled`);
    const value = element('dd', '', money.spent, element('small', '', ` ${money.unit}`));
    if (notes.length > 0) value.append(element('br'), element('small', '', notes.join(', ')));
    byId('ledger').append(element('div', '', element('dt', '', money.account), value));
  }
}

function why(shot) {
  const text = shot.reason ?? (shot.state === 'waiting' ? 'not started' : '');
  return element('span', 'why', element('b', '', shot.state), text);
}

/** Seen on the tile itself: the file is here, and is not whole. */
function badge(file) {
  const node = element('span', 'badge', 'damaged');
  node.title = file.damaged;
  return node;
}

const isSvg = (file) => file.mime === 'image/svg+xml';

function frame(tile) {
  const { shot, file } = tile;
  if (!file) return element('span', 'frame empty', why(shot));
  if (file.text !== undefined) return element('span', 'frame text', file.text);
  // In an image element an SVG runs no script and loads nothing.
  const path = file.thumb ?? (isSvg(file) ? file.path : undefined);
  if (path) {
    const image = element('img');
    image.loading = 'lazy';
    image.decoding = 'async';
    image.alt = shot.name;
    image.src = address(path);
    return element('span', 'frame', image);
  }
  return element('span', 'frame', element('span', 'kind', file.mime.split('/').pop()));
}

const labelOf = ({ shot, index }) =>
  shot.files.length > 1 ? `${shot.name} · ${index + 1}` : shot.name;
const dot = (state) => {
  const node = element('i', 'dot');
  node.title = state;
  return node;
};

function draw(tile) {
  const { shot, index } = tile;
  const shown = frame(tile);
  if (tile.file?.damaged) shown.append(badge(tile.file));
  const node = element('button', 'tile', shown);
  node.type = 'button';
  node.dataset.state = shot.state;
  const price =
    tile.file && index === 0 && shot.price ? `${shot.price} ${shot.unit ?? ''}` : undefined;
  const name = element('span', 'name', labelOf(tile));
  name.title = shot.prompt ?? shot.name;
  const meta = element('span', 'meta', dot(shot.state), element('span', 'model', shot.model));
  if (shot.delivered && index === 0) meta.append(element('span', 'part', shot.delivered));
  if (price) meta.append(element('span', 'price', price));
  node.append(name, meta);
  node.addEventListener('click', () => open(tile));
  tile.node = node;
  tile.text = `${shot.key} ${shot.prompt ?? ''}`.toLowerCase();
  return node;
}

/**
 * In a step that asks several models, everything made from one row of data stands on a line of its own, so
 * that the models can be compared. Returns the length of a line, or 0 where there is nothing to compare.
 */
function lineUp(own) {
  if (new Set(own.map(({ shot }) => shot.model)).size < 2) return 0;
  const lines = Map.groupBy(own, ({ shot }) => shot.origin);
  const longest = Math.max(...[...lines.values()].map((line) => line.length));
  if (lines.size < 2 || longest < 2 || longest > 8) return 0;
  for (const [first] of lines.values()) first.node.classList.add('first');
  return longest;
}

const sections = [];
function drawSteps() {
  for (const step of data.steps) {
    const own = tiles.filter((tile) => tile.step === step);
    const count = element('small');
    const grid = element('div', 'grid', ...own.map(draw));
    const columns = lineUp(own);
    grid.style.setProperty('--columns', columns);
    const section = element('section', 'step', element('h2', '', step.name, count), grid);
    sections.push({ section, own, count, grid, columns });
    byId('steps').append(section);
  }
  byId('steps').append(nothing);
}
const nothing = element('p', 'none', 'Nothing fits these filters.');

let visible = tiles;
const chosen = new Set();
function filter() {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const step = byId('step').value;
  const model = byId('model').value;
  visible = [];
  for (const { section, own, count, grid, columns } of sections) {
    let shown = 0;
    for (const tile of own) {
      const fits =
        (!step || tile.step.name === step) &&
        (!model || tile.shot.model === model) &&
        (chosen.size === 0 || chosen.has(tile.shot.state)) &&
        words.every((word) => tile.text.includes(word));
      tile.node.hidden = !fits;
      if (fits) {
        shown += 1;
        visible.push(tile);
      }
    }
    section.hidden = shown === 0;
    grid.classList.toggle('compared', columns > 0 && shown === own.length);
    count.textContent = shown === own.length ? String(shown) : `${shown} of ${own.length}`;
  }
  nothing.hidden = visible.length > 0;
  byId('shown').textContent =
    visible.length === tiles.length ? '' : `${visible.length} of ${tiles.length}`;
}

function option(value, text) {
  const node = element('option', '', text);
  node.value = value;
  return node;
}

function choices(select, all, values) {
  select.append(option('', all), ...values.map((value) => option(value, value)));
  select.hidden = values.length < 2;
  select.addEventListener('change', filter);
}

function filters() {
  choices(
    byId('step'),
    'All steps',
    data.steps.map((step) => step.name),
  );
  choices(byId('model'), 'All models', [...new Set(shots.map((shot) => shot.model))].toSorted());
  const states = Map.groupBy(shots, (shot) => shot.state);
  for (const [state, own] of states) {
    const button = element('button', '', `${state} ${own.length.toLocaleString('en')}`);
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => {
      if (!chosen.delete(state)) chosen.add(state);
      button.setAttribute('aria-pressed', String(chosen.has(state)));
      filter();
    });
    byId('states').append(button);
  }
  byId('search').addEventListener('input', filter);
  byId('size').addEventListener('input', (event) =>
    document.documentElement.style.setProperty('--tile', `${event.target.value}px`),
  );
}

const viewer = byId('viewer');
let current;

function full({ shot, file }) {
  if (!file) return why(shot);
  if (file.text !== undefined) return element('pre', '', file.text);
  if (file.mime.startsWith('video/')) {
    const video = element('video');
    video.controls = true;
    video.loop = true;
    video.src = address(file.path);
    return video;
  }
  if (!file.mime.startsWith('image/')) return element('span', 'kind', file.mime);
  const image = element('img');
  image.alt = shot.name;
  image.src = address(file.path);
  return image;
}

function copyButton(text) {
  const button = element('button', 'copy', 'Copy prompt');
  button.type = 'button';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      // Some browsers forbid it to a page from disk: the text is marked for the keyboard instead.
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = 'Marked: copy with the keyboard';
    }
  });
  return button;
}

function facts({ step, shot, file }) {
  const list = element('dl');
  const add = (name, value) => {
    if (value) list.append(element('dt', '', name), element('dd', '', value));
  };
  add('State', shot.state);
  add('Reason', shot.reason);
  add('Delivered', shot.delivered);
  add('Damaged', file?.damaged);
  add('Step', step.name);
  add('Model', shot.model);
  add('Account', shot.account);
  add('Price', shot.price && `${shot.price} ${shot.unit ?? ''}`);
  for (const [name, value] of Object.entries(shot.facts ?? {})) add(name, value);
  if (file?.width && file.height) add('Size', `${file.width} × ${file.height}`);
  add('Job', shot.jobId);
  add('Submitted', shot.submittedAt);
  add('Saved', shot.savedAt);
  if (file) {
    const link = element('a', '', file.path);
    link.href = address(file.path);
    // Opened as a page of its own, an SVG could run its scripts.
    if (isSvg(file)) link.download = '';
    else link.target = '_blank';
    add('File', link);
    add('SHA-256', file.sha256);
  }
  return list;
}

function open(tile) {
  current = tile;
  const { shot } = tile;
  byId('stage').dataset.state = shot.state;
  byId('stage').replaceChildren(full(tile));
  const details = [element('h3', '', labelOf(tile))];
  if (shot.prompt) details.push(element('p', 'prompt', shot.prompt), copyButton(shot.prompt));
  byId('details').replaceChildren(...details, facts(tile));
  byId('position').textContent = `${visible.indexOf(tile) + 1} / ${visible.length}`;
  if (!viewer.open) viewer.showModal();
}

function move(by) {
  const next = visible[visible.indexOf(current) + by];
  if (next) open(next);
}

function controls() {
  byId('previous').addEventListener('click', () => move(-1));
  byId('next').addEventListener('click', () => move(1));
  byId('close').addEventListener('click', () => viewer.close());
  viewer.addEventListener('close', () => {
    byId('stage').replaceChildren();
    current.node.scrollIntoView({ block: 'nearest' });
    current.node.focus();
  });
  document.addEventListener('keydown', (event) => {
    if (viewer.open && event.key === 'ArrowLeft') move(-1);
    else if (viewer.open && event.key === 'ArrowRight') move(1);
    else if (event.key === '/' && !viewer.open && document.activeElement !== byId('search')) {
      event.preventDefault();
      byId('search').focus();
    }
  });
}

masthead();
drawSteps();
filters();
controls();
filter();
