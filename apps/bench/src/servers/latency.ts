// How long a client waits when requests come at a fixed rate, whatever the server does: at half the
// rate that redis-server reaches with one request at a time.
import { PipelinedConnection, RequestTemplate, load as send } from '../pipelined-connection.ts';
import { type Measurements, medians, runProgram } from '../rounds.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { startContenders } from './contenders.ts';
import { canPin } from './cpu-time.ts';
import type { Load } from './load.ts';
import type { OperationName } from './operations.ts';

const CLOSED_LOOP = new URL('./closed-loop.ts', import.meta.url);
const OPEN_LOOP = new URL('./open-loop.ts', import.meta.url);
const KEYS = 100_000;
const VALUE_BYTES = 64;
const CONNECTIONS = 50;
/** Of redis-server's greatest rate. */
const RATE_PART = 0.5;
const PERCENTILES = ['p50', 'p99', 'p999', 'max'] as const;
const OPERATIONS: readonly OperationName[] = ['get', 'set'];
/** Of redis-server's time, for the two percentiles that count. */
const FLOOR = 1;

/** Prints percentiles of each server; `requests` a round. */
export async function compareLatency(
  requests: number,
  rounds: number,
  peers: readonly string[],
): Promise<void> {
  await using contenders = await startContenders(peers);
  const { servers } = contenders;
  for (const server of servers) {
    using connection = await PipelinedConnection.open(server);
    const template = new RequestTemplate(server.dialect, 'SET', Buffer.alloc(VALUE_BYTES, 'v'));
    await send(connection, { count: KEYS, template: () => template, key: (i) => i });
  }
  const rows: Row[] = [];
  for (const operation of OPERATIONS) {
    const loadOf = ({ port }: RunningServer): Load => ({
      port,
      operation,
      connections: CONNECTIONS,
      pipeline: 1,
      requests,
      valueBytes: VALUE_BYTES,
      keys: KEYS,
    });
    const measured = servers.map((): Measurements[] => []);
    const rate = (await greatestRate(loadOf(servers[0] as RunningServer))) * RATE_PART;
    for (let round = 0; round <= rounds; round++) {
      for (const [i, server] of servers.entries()) {
        const result = await runProgram({
          name: `${server.name} ${operation}`,
          program: OPEN_LOOP,
          args: [JSON.stringify(loadOf(server)), String(rate)],
        });
        if (round > 0 && result !== undefined) measured[i]?.push(result);
      }
    }
    rows.push(
      ...rowsOf(`${operation}, ${Math.round(rate).toLocaleString('en')}/s`, servers, measured),
    );
  }
  printTable(
    'Latency at a fixed rate, half of what redis-server can: microseconds from when a request is due (lower is better)',
    [...PERCENTILES.map((name) => name.replace('p999', 'p99.9')), `p99 and p99.9, floor ${FLOOR}`],
    rows,
    [
      `${CONNECTIONS} connections over RESP; a request is sent when it is due, whether or not replies have come.`,
      ...(canPin ? ['Servers share one processor, one at a time; the generator has another.'] : []),
      `Medians of ${rounds} rounds in turn.`,
    ],
  );
}

async function greatestRate(load: Load): Promise<number> {
  const args = [JSON.stringify(load)];
  const measured: Measurements[] = [];
  for (let round = 0; round < 3; round++) {
    const result = await runProgram({ name: 'greatest rate', program: CLOSED_LOOP, args });
    if (result !== undefined) measured.push(result);
  }
  return medians(measured).perSecond ?? Number.NaN;
}

function rowsOf(
  name: string,
  servers: readonly RunningServer[],
  measured: readonly Measurements[][],
): Row[] {
  const all = measured.map(medians);
  const [reference] = all;
  return servers.map((server, i) => {
    const of = all[i] ?? {};
    const cells = PERCENTILES.map((percentile) => `${Math.round(of[percentile] ?? Number.NaN)}`);
    const ratios = (['p99', 'p999'] as const).map(
      (percentile) => (of[percentile] ?? Number.NaN) / (reference?.[percentile] ?? Number.NaN),
    );
    const verdict = ratios.every((ratio) => ratio <= FLOOR) ? 'ok' : 'MISSED';
    const shown = ratios.map((ratio) => ratio.toFixed(2)).join(' and ');
    return [`${name}: ${server.name}`, ...cells, i === 0 ? '' : `${shown} ${verdict}`];
  });
}
