import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Sent with every request: some gateways refuse clients without a specific name. */
export const userAgent = `shotlist/${manifest.version}`;
