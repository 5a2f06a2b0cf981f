import { expect, it } from 'vitest';
import { embeddedStore, PageCache } from '../src/embedded-store.ts';

const render = (path: string) => ({ html: path, etag: '' });

it('renders once a minute', () => {
  expect(embeddedStore()).toBe(2);
});

it('hands out the very object that it keeps', () => {
  const cache = new PageCache(render);
  expect(cache.page('/')).toBe(cache.page('/'));
});

it('keeps the hundred pages that were used last', () => {
  const cache = new PageCache(render);
  const home = cache.page('/');
  for (let i = 1; i < 100; i++) cache.page(`/${i}`);
  expect(cache.evicted).toBe(0);
  cache.page('/'); // so that /1 is now the one that was not used for longest
  const first = cache.page('/2');
  cache.page('/100');
  expect(cache.evicted).toBe(1);
  expect(cache.page('/')).toBe(home);
  expect(cache.page('/2')).toBe(first);
  expect(cache.evicted).toBe(1);
  cache.page('/1');
  expect(cache.evicted).toBe(2);
});
