import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';

/**
 * Makes the README's image: runs the quickstart in a project of its own, and takes a screenshot of
 * its contact sheet. Needs Chromium, as `chromium` on the PATH or at the path that is given.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const image = join(root, 'docs', 'images', 'contact-sheet.png');
const [browser = 'chromium'] = process.argv.slice(2);
const view = { width: 1280, height: 620, scale: 1.25 };

const folder = mkdtempSync(join(tmpdir(), 'shotlist-image-'));
try {
  const project = join(folder, 'project');
  // The prices of the batch are settings of its project.
  cpSync(join(root, 'batches', 'shotlist.yaml'), join(project, 'shotlist.yaml'));
  execFileSync(process.execPath, [join(root, 'src', 'quickstart.ts')], {
    stdio: 'inherit',
    env: { ...process.env, SHOTLIST_HOME: project },
  });

  const screenshot = join(folder, 'screenshot.png');
  execFileSync(
    browser,
    [
      '--headless',
      '--hide-scrollbars',
      `--user-data-dir=${join(folder, 'browser')}`,
      `--window-size=${view.width},${view.height}`,
      `--force-device-scale-factor=${view.scale}`,
      '--virtual-time-budget=3000',
      `--screenshot=${screenshot}`,
      // Chromium has no sandbox for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      pathToFileURL(join(project, 'out', 'quickstart', 'index.html')).href,
    ],
    { stdio: ['ignore', 'inherit', 'ignore'] },
  );

  mkdirSync(join(root, 'docs', 'images'), { recursive: true });
  const { width, height, size } = await sharp(screenshot)
    .png({ palette: true, effort: 10 })
    .toFile(image);
  console.log(`${image}: ${width} x ${height}, ${Math.ceil(size / 1000)} kB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
