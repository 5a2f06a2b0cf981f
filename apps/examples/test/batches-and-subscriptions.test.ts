import { expect, it } from 'vitest';
import { batchesAndSubscriptions } from '../src/batches-and-subscriptions.ts';

it('changes what belongs together in one batch, and tells a subscriber', async () => {
  expect(await batchesAndSubscriptions()).toEqual({
    left: 2,
    listeners: 1,
    open: [7],
    heard: { id: 7, placed: new Date(0) },
  });
});
