// A cache inside one process: no network, no server, no dependency.
import { type Clock, ExpiringKeyValueStore } from '@kv/store';

interface Page {
  readonly html: string;
  readonly etag: string;
}

/** Renders a page at most once a minute, and keeps the hundred that were used last. */
export class PageCache {
  /** Pages that had to make room for others. */
  evicted = 0;
  readonly #render: (path: string) => Page;
  readonly #pages: ExpiringKeyValueStore<Page>;

  constructor(render: (path: string) => Page, clock?: Clock) {
    this.#render = render;
    this.#pages = new ExpiringKeyValueStore<Page>({
      maxEntries: 100,
      policy: 'lru',
      onEvict: () => this.evicted++,
      ...(clock && { clock }),
    });
  }

  page(path: string): Page {
    const cached = this.#pages.get(path);
    if (cached !== undefined) return cached;
    const page = this.#render(path);
    this.#pages.set(path, page, { ttlMs: 60_000 });
    return page;
  }
}

/** How often a page is rendered when it is asked for twice, then again after a minute. */
export function embeddedStore(): number {
  let now = Date.now();
  let renderings = 0;
  const render = (path: string) => ({ html: `<h1>${path}</h1>`, etag: `"${++renderings}"` });
  const cache = new PageCache(render, { now: () => now });
  cache.page('/');
  cache.page('/'); // the same object again
  now += 60_000;
  cache.page('/'); // expired: rendered anew
  return renderings;
}

if (process.argv[1] === import.meta.filename) console.log(`rendered ${embeddedStore()} times`);
