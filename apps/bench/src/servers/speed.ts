// Server against server over RESP: requests a second of many connections, closed loop, and the
// processor time that the server takes for one.
import type { Chart } from '../chart.ts';
import { PipelinedConnection, RequestTemplate, load as send } from '../pipelined-connection.ts';
import { type Effort, type Measurements, medians, runProgram } from '../rounds.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { type Contenders, startContenders } from './contenders.ts';
import { canPin, cpuNanoseconds } from './cpu-time.ts';
import type { Load } from './load.ts';
import { KEYS_OF_MANY, type OperationName, operation } from './operations.ts';

const CLOSED_LOOP = new URL('./closed-loop.ts', import.meta.url);
const CONNECTIONS = 50;

/** One line of a comparison: what is asked, how many requests at once, and the least ratio to redis-server. */
export interface Case {
  readonly operation: OperationName;
  readonly pipeline: number;
  readonly floor: number;
}

/** What the servers hold, and what they are asked. */
export interface Setting {
  readonly keys: number;
  readonly valueBytes: number;
  readonly cases: readonly Case[];
  /** How many requests a round has, as a part of the usual number. */
  readonly part?: number;
}

/** GET and SET at pipelines of 1, 16 and 100. */
export function getAndSet(floors: readonly [number, number, number]): readonly Case[] {
  return [1, 16, 100].flatMap((pipeline, i) =>
    (['get', 'set'] as const).map((operation) => ({
      operation,
      pipeline,
      floor: floors[i] as number,
    })),
  );
}

/** What was found of a case: a measurement of each server. */
interface CaseResult {
  readonly name: string;
  readonly floor: number;
  readonly servers: readonly { readonly name: string; readonly of: Measurements }[];
}

/** A round is about as long whatever is asked. */
function requestsOf({ operation, pipeline }: Case, part: number): number {
  const perKey = pipeline === 1 ? 60_000 : pipeline < 50 ? 400_000 : 1_000_000;
  const isMany = operation === 'mget' || operation === 'mset';
  return Math.ceil((perKey * part) / (isMany ? KEYS_OF_MANY / 2 : 1));
}

/** Measures all cases and prints them; answers their chart. `peers` are paths of other servers. */
export async function compareServerSpeed(
  setting: Setting,
  { rounds, budgetMs }: Effort,
  peers: readonly string[],
): Promise<Chart> {
  await using contenders = await startContenders(peers);
  for (const server of contenders.servers) await fill(server, setting);
  const endsAt = performance.now() + budgetMs;
  const results: CaseResult[] = [];
  for (const one of setting.cases)
    results.push(await measureCase(one, setting, contenders, rounds, endsAt));
  print(setting, results, rounds);
  return chartOf(setting, results);
}

async function measureCase(
  one: Case,
  setting: Setting,
  { servers }: Contenders,
  rounds: number,
  endsAt: number,
): Promise<CaseResult> {
  const measured = servers.map((): Measurements[] => []);
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const isLate = performance.now() > endsAt && round > 1;
    if (isLate) break;
    const order = [...servers.keys()];
    for (const i of round % 2 === 0 ? order : order.reverse()) {
      const result = await measureOnce(servers[i] as RunningServer, one, setting);
      if (round > 0 && result !== undefined) measured[i]?.push(result);
    }
  }
  return {
    name: `${one.operation} P=${one.pipeline}`,
    floor: one.floor,
    servers: servers.map(({ name }, i) => ({ name, of: medians(measured[i] ?? []) })),
  };
}

async function measureOnce(
  server: RunningServer,
  one: Case,
  { keys, valueBytes, part = 1 }: Setting,
): Promise<Measurements | undefined> {
  const { onEmpty, spoils } = operation(one.operation);
  if (onEmpty) await empty(server);
  const load: Load = {
    port: server.port,
    operation: one.operation,
    pipeline: one.pipeline,
    connections: CONNECTIONS,
    requests: requestsOf(one, part),
    valueBytes,
    keys,
  };
  const before = cpuNanoseconds(server.pid);
  const measured = await runProgram({
    name: `${server.name} ${one.operation} P=${one.pipeline}`,
    program: CLOSED_LOOP,
    args: [JSON.stringify(load)],
  });
  const after = cpuNanoseconds(server.pid);
  if (spoils) await fill(server, { keys, valueBytes });
  if (measured === undefined) return undefined;
  const used = before === undefined || after === undefined ? Number.NaN : after - before;
  return { ...measured, cpu: used / (measured.requests ?? Number.NaN) };
}

async function fill(
  server: RunningServer,
  { keys, valueBytes }: Pick<Setting, 'keys' | 'valueBytes'>,
): Promise<void> {
  using connection = await PipelinedConnection.open(server);
  const template = new RequestTemplate(server.dialect, 'SET', Buffer.alloc(valueBytes, 'v'));
  await send(connection, { count: keys, template: () => template, key: (i) => i });
}

async function empty(server: RunningServer): Promise<void> {
  using connection = await PipelinedConnection.open(server);
  await connection.request('FLUSHALL');
}

function titleOf({ keys, valueBytes }: Setting): string {
  const [count, length] = [keys, valueBytes].map((number) => number.toLocaleString('en'));
  return `Servers, ${count} keys, values of ${length} bytes`;
}

function chartOf(setting: Setting, results: readonly CaseResult[]): Chart {
  return {
    title: titleOf(setting),
    unit: `requests a second over RESP, ${CONNECTIONS} connections, P requests in flight on each`,
    series: (results[0]?.servers ?? []).map(({ name }) => name),
    groups: results.map(({ name, servers }) => ({
      name,
      values: servers.map(({ of }) => of.perSecond),
    })),
  };
}

function print(setting: Setting, results: readonly CaseResult[], rounds: number): void {
  const [first] = results;
  if (first === undefined) return;
  const [reference] = first.servers;
  const isAlone = first.servers.length === 1;
  const rows = results.flatMap(({ name, floor, servers }): Row[] =>
    servers.map((server, i) => {
      const ratio = (server.of.perSecond ?? Number.NaN) / (servers[0]?.of.perSecond ?? Number.NaN);
      const isJudged = !isAlone && server.name.startsWith('kvd');
      const verdict = ratio >= floor ? 'ok' : 'MISSED';
      return [
        i === 0 ? `${name}: ${server.name}` : `${' '.repeat(name.length)}  ${server.name}`,
        Math.round(server.of.perSecond ?? Number.NaN).toLocaleString('en'),
        ratio.toFixed(2),
        `${Math.round(server.of.cpu ?? Number.NaN)} ns`,
        isJudged ? `${floor} ${verdict}` : '',
      ];
    }),
  );
  printTable(
    `${titleOf(setting)}: requests a second over RESP (higher is better)`,
    ['requests/s', `ratio to ${reference?.name}`, 'CPU a request', 'floor'],
    rows,
    [
      `${CONNECTIONS} connections, each with P requests in flight; random keys. Medians of ${rounds} rounds in turn.`,
      canPin
        ? 'Servers share one processor, one at a time; the generator, a Node process, has the others.'
        : 'Servers and generator share the processors.',
      ...(isAlone ? ['redis-server is not installed: nothing is compared.'] : []),
    ],
  );
}
