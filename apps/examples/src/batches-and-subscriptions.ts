// Changes that belong together, and others who hear of them.
import { connect } from '@kv/client';
import { startKvd } from '@kv/kvd';

interface Order {
  readonly id: number;
  readonly placed: Date;
}

/** A shop takes an order; a kitchen that listens gets it, typed. */
export async function batchesAndSubscriptions() {
  await using kvd = await startKvd();
  await using shop = await connect(kvd.url);
  await using kitchen = await connect(kvd.url);

  await using orders = kitchen.subscribe<Order>('orders');
  await orders.ready;

  const order: Order = { id: 7, placed: new Date(0) };
  await shop.set('stock:tea', 3);
  const [left, , listeners] = await shop.batch((b) => [
    b.decr('stock:tea'),
    b.set(`order:${order.id}`, order),
    b.publish('orders', order),
  ]);
  await shop.update<readonly number[]>('open', (ids = []) => [...ids, order.id]);

  for await (const event of orders) {
    // After a lost connection the kitchen would look at `open` instead.
    if (event.kind === 'missed') continue;
    return { left, listeners, open: await kitchen.get('open'), heard: event.value };
  }
  return undefined;
}

if (process.argv[1] === import.meta.filename) console.dir(await batchesAndSubscriptions());
