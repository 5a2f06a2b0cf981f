import { readFileSync } from 'node:fs';

/** What is said of this package; the file lies one level above both src and dist. */
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

/** The version of this package. */
export const version: string = manifest.version;

/** The oldest major version of Node.js that it runs on. */
export const leastNode: number = Number(/\d+/.exec(manifest.engines.node)?.[0]);
