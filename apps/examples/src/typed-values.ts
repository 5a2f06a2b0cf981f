// What a client stores is what any client reads back: no JSON, no guessing.
import { connect } from '@kv/client';
import { startKvd } from '@kv/kvd';

export const order = {
  id: 9_007_199_254_740_993n, // a bigint stays one
  placed: new Date('2026-01-02T03:04:05.678Z'),
  tags: new Set(['gift', 'express']),
  prices: new Map([
    ['tea', 4.5],
    ['coffee', -0],
  ]),
  signature: Uint8Array.of(0, 1, 254, 255),
  samples: Float64Array.of(Math.PI, Number.NaN, Number.NEGATIVE_INFINITY),
  notes: [{ text: 'schön 🎁', by: { name: 'Zoë', address: null } }, undefined],
};

/** Writes the order through one connection and reads it through another. */
export async function typedValues() {
  await using kvd = await startKvd();
  await using writer = await connect(kvd.url);
  await using reader = await connect(kvd.url);

  await writer.set('order', order);
  await writer.set('nothing', null);
  return {
    order: await reader.get<typeof order>('order'),
    // A stored null is a value. A key that is absent reads as undefined.
    nothing: await reader.get('nothing'),
    absent: await reader.get('absent'),
    both: await reader.mget('nothing', 'absent'),
  };
}

if (process.argv[1] === import.meta.filename) console.dir(await typedValues(), { depth: null });
