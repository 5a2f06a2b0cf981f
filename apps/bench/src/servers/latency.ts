// How long a client waits when requests come at a fixed rate, whatever the server does: at half the
// rate that redis-server reaches with one request at a time.
import { PipelinedConnection, RequestTemplate, load as send } from '../pipelined-connection.ts';
import { median, type Ratio, ratioOfMedians } from '../ratio.ts';
import { type Measurements, medians, runProgram } from '../rounds.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { startContenders } from './contenders.ts';
import { canPin } from './cpu-time.ts';
import type { Load } from './load.ts';
import type { Percentiles, Task } from './open-loop.ts';
import type { OperationName } from './operations.ts';

const CLOSED_LOOP = new URL('./closed-loop.ts', import.meta.url);
const OPEN_LOOP = new URL('./open-loop.ts', import.meta.url);
const KEYS = 100_000;
const VALUE_BYTES = 64;
const CONNECTIONS = 50;
/** Of redis-server's greatest rate. */
const RATE_PART = 0.5;
const PERCENTILES = ['p50', 'p99', 'p999', 'max'] as const;
const JUDGED = ['p99', 'p999'] as const;
const OPERATIONS: readonly OperationName[] = ['get', 'set'];
/** MiB of a half of the generator's young generation: its collections would be counted as the servers' time. */
const GENERATOR_YOUNG_HALF = 128;
/** Rounds that are not counted. */
const WARM_UPS = 4;
const MS_MAX = 600_000;
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
    const perSecond = (await greatestRate(loadOf(servers[0] as RunningServer))) * RATE_PART;
    const loads = servers.map(loadOf);
    const measured = await waits({ loads, perSecond, rounds, warmUps: WARM_UPS });
    rows.push(
      ...rowsOf(`${operation}, ${Math.round(perSecond).toLocaleString('en')}/s`, servers, measured),
    );
  }
  printTable(
    'Latency at a fixed rate, half of what redis-server can: microseconds from when a request is due (lower is better)',
    [...PERCENTILES.map((name) => name.replace('p999', 'p99.9')), `p99 and p99.9, floor ${FLOOR}`],
    rows,
    [
      `${CONNECTIONS} connections over RESP; a request is sent when it is due, whether or not replies have come.`,
      ...(canPin ? ['Servers share one processor, one at a time; the generator has another.'] : []),
      `Medians of ${rounds} rounds in turn; behind a ratio the interval that chance would put nine of ten runs in (bootstrap).`,
    ],
  );
}

/** What each server's rounds measured; nothing when the generator failed. */
async function waits(task: Task): Promise<readonly (readonly Percentiles[])[]> {
  const measured = await runProgram<Percentiles[][]>({
    name: 'the generator',
    program: OPEN_LOOP,
    args: [JSON.stringify(task)],
    youngHalf: GENERATOR_YOUNG_HALF,
    roundMsMax: MS_MAX,
  });
  return measured ?? task.loads.map(() => []);
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
  measured: readonly (readonly Percentiles[])[],
): Row[] {
  const [reference] = measured;
  return servers.map((server, i) => {
    const own = measured[i] ?? [];
    const cells = PERCENTILES.map((name) => `${Math.round(median(own.map((one) => one[name])))}`);
    const ratios = JUDGED.map((name) =>
      ratioOfMedians(
        own.map((one) => one[name]),
        (reference ?? []).map((one) => one[name]),
      ),
    );
    const shown = ratios.map(
      ({ ratio, low, high }) => `${fixed(ratio)} (${fixed(low)}-${fixed(high)})`,
    );
    return [
      `${name}: ${server.name}`,
      ...cells,
      i === 0 ? '' : `${shown.join(', ')} ${verdict(ratios)}`,
    ];
  });
}

const fixed = (ratio: number): string => ratio.toFixed(2);

/** What chance alone can have done is not missed. */
function verdict(ratios: readonly Ratio[]): string {
  if (ratios.every(({ ratio }) => ratio <= FLOOR)) return 'ok';
  if (ratios.every(({ low }) => low <= FLOOR)) return 'ok, even';
  return 'MISSED';
}
