import { gzipSync } from 'node:zlib';
import { half, join, latin } from '../../../media/containers.ts';
import { damaged, kept, type DeliveredFile } from './delivered-file.ts';

const shape = '<path d="M0 0h9v9z"/>';
const svg = (open = '<svg xmlns="http://www.w3.org/2000/svg">', close = '</svg>'): string =>
  `${open}${shape.repeat(40)}${close}`;
const unclosed = 'the file ends before the end tag of its root element';

export const svgs: readonly DeliveredFile[] = [
  kept('SVG', 'svg', () => latin(svg())),
  kept('SVG that is one empty element', 'svg', () => latin('<svg xmlns="x" width="9"/>')),
  kept('SVG with a declaration, comments and a document type before it', 'svg', () =>
    latin(
      `<?xml version="1.0"?>\n<!-- > --><!DOCTYPE svg [<!ENTITY a "]>"><!-- ] -->]>\n<!-- b -->${svg()}`,
    ),
  ),
  kept('SVG behind a comment of 100,000 characters', 'svg', () =>
    latin(`<!-- ${'made by a generator '.repeat(5_000)} -->${svg()}`),
  ),
  kept('SVG with a comment of 4,000 characters and a line end behind it', 'svg', () =>
    latin(`${svg()}\n<!-- ${'x'.repeat(4_000)} -->\n`),
  ),
  kept('SVG with a byte order mark', 'svg', () => join('\xef\xbb\xbf', svg())),
  kept('SVG in UTF-16, little end first', 'svg', () => Buffer.from(`\ufeff${svg()}`, 'utf16le')),
  kept('SVG in UTF-16, big end first', 'svg', () =>
    Buffer.from(`\ufeff${svg()}`, 'utf16le').swap16(),
  ),
  kept('SVG in UTF-16 without a byte order mark', 'svg', () => Buffer.from(svg(), 'utf16le')),
  kept('SVG that declares ISO-8859-1', 'svg', () =>
    latin(`<?xml version="1.0" encoding="ISO-8859-1"?>${svg('<svg>', '<text>\xe9</text></svg>')}`),
  ),
  kept('SVG whose root has a prefix', 'svg', () =>
    latin(svg('<svg:svg xmlns:svg="http://www.w3.org/2000/svg">', '</svg:svg>')),
  ),
  kept('SVG, stored compressed (.svgz)', 'svg', () => gzipSync(svg())),
  damaged('half an SVG', 'svg', unclosed, () => half(latin(svg()))),
  damaged('SVG whose inner SVG alone is closed', 'svg', unclosed, () => latin(svg('<svg><svg>'))),
  damaged('SVG whose end tag stands in a comment', 'svg', unclosed, () =>
    latin(svg('<svg>', '<!-- </svg> -->')),
  ),
];
