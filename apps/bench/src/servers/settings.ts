import { getAndSet, type Setting } from './speed.ts';

/** Server against server: what is held, what is asked, and the least ratios to redis-server. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map([
  ['servers-100k', { keys: 100_000, valueBytes: 64, cases: getAndSet([0.95, 2, 3.5]) }],
  [
    'servers-commands',
    {
      keys: 100_000,
      valueBytes: 64,
      cases: [
        { operation: 'incr', pipeline: 16, floor: 1.3 },
        { operation: 'del', pipeline: 16, floor: 1.3 },
        { operation: 'setex', pipeline: 16, floor: 2 },
        { operation: 'mget', pipeline: 16, floor: 3 },
        { operation: 'mset', pipeline: 16, floor: 3 },
      ],
    },
  ],
  [
    'servers-1k',
    { keys: 100_000, valueBytes: 1024, cases: getAndSet([0.9, 1.6, 2.4]), part: 1 / 4 },
  ],
  [
    'servers-16k',
    { keys: 20_000, valueBytes: 16_384, cases: getAndSet([0.9, 0.9, 0.9]), part: 1 / 20 },
  ],
  ['servers-5m', { keys: 5_000_000, valueBytes: 64, cases: getAndSet([0.95, 2.5, 4]) }],
]);
