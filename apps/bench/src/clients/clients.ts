import type { Chart } from '../chart.ts';
import { startKvdProcess } from '../kvd-process.ts';
import { redisNameAndVersion, startRedisServer } from '../redis-server.ts';
import { type Effort, type Measurements, measure } from '../rounds.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { versionOf } from '../versions.ts';
import { CLIENT_PEERS, type ClientPeer, OURS, REFERENCE, type ValueKind } from './client-peers.ts';
import { printClientVerdicts } from './client-verdicts.ts';
import { CALL_NAMES, IN_FLIGHT } from './measured-calls.ts';

const KINDS: Readonly<Record<ValueKind, string>> = {
  strings: 'strings of 64 bytes',
  objects: 'objects of 200 bytes',
};

/** Where `draw` puts a chart. */
export type Draw = (chart: Chart) => Promise<void>;

/**
 * Clients against each other, each in a process of its own: node-redis and ioredis on
 * redis-server, ours on kvd.
 */
export async function compareClients(measureMs: number, effort: Effort, draw: Draw): Promise<void> {
  await using kvd = await startKvdProcess();
  await using redis = await startRedisServer();
  const servers = { kvd, 'redis-server': redis };
  const program = new URL('./client-round.ts', import.meta.url);
  const kinds = Object.keys(KINDS) as ValueKind[];
  const { medians, rounds } = await measure(
    CLIENT_PEERS.flatMap((peer) => {
      const server = servers[peer.server];
      if (server === undefined || versionOf(peer.package) === undefined) return [];
      const { host, port } = server;
      return kinds.map((kind) => ({
        name: `${peer.name} ${kind}`,
        program,
        args: [peer.name, host, String(port), kind, String(measureMs)],
      }));
    }),
    effort,
  );
  const of = (peer: string, kind: ValueKind) => medians.get(`${peer} ${kind}`);
  for (const kind of kinds) {
    const rows = CLIENT_PEERS.map((peer) =>
      row(peer, servers[peer.server], of(peer.name, kind), of(REFERENCE, kind)),
    );
    print(KINDS[kind], rows, rounds);
    printAllocations(
      KINDS[kind],
      CLIENT_PEERS.map((peer) =>
        allocations(peer, servers[peer.server], of(peer.name, kind), of(REFERENCE, kind)),
      ),
    );
  }
  printClientVerdicts(of);
  await draw(chartOf(servers, of));
}

/** `node-redis 6.3.1 on redis-server 7.0.15`, or what is missing of it. */
function label(peer: ClientPeer, server: RunningServer | undefined): string {
  const version = versionOf(peer.package) ?? '(not installed)';
  const mode = peer.mode === undefined ? '' : `, ${peer.mode},`;
  return `${peer.client} ${version}${mode} on ${server?.name ?? redisNameAndVersion()}`;
}

function row(
  peer: ClientPeer,
  server: RunningServer | undefined,
  measured: Measurements | undefined,
  reference: Measurements | undefined,
): Row {
  const cells = IN_FLIGHT.flatMap((inFlight) =>
    CALL_NAMES.flatMap((call) => {
      const perSecond = measured?.[`${call} ${inFlight} perSecond`];
      const theirs = reference?.[`${call} ${inFlight} perSecond`];
      const cpu = measured?.[`${call} ${inFlight} cpu`];
      if (perSecond === undefined || cpu === undefined) return ['-'];
      const ratio = theirs === undefined ? '' : ` (${(perSecond / theirs).toFixed(2)})`;
      return [`${Math.round(perSecond / 1000)}k${ratio}, ${cpu.toFixed(2)} µs`];
    }),
  );
  return [label(peer, server), ...cells];
}

function allocations(
  peer: ClientPeer,
  server: RunningServer | undefined,
  measured: Measurements | undefined,
  reference: Measurements | undefined,
): Row {
  const cells = IN_FLIGHT.flatMap((inFlight) =>
    CALL_NAMES.map((call) => {
      const bytes = measured?.[`${call} ${inFlight} allocated`];
      const theirs = reference?.[`${call} ${inFlight} allocated`];
      if (bytes === undefined || Number.isNaN(bytes)) return '-';
      const ratio = theirs === undefined ? '' : ` (${(bytes / theirs).toFixed(2)})`;
      return `${Math.round(bytes)}${ratio}`;
    }),
  );
  return [label(peer, server), ...cells];
}

const COLUMNS = IN_FLIGHT.flatMap((inFlight) =>
  CALL_NAMES.map((call) => `${call}, ${inFlight} in flight`),
);

function printAllocations(kind: string, rows: readonly Row[]): void {
  printTable(
    `Clients, ${kind}: bytes of heap allocated an operation (relative to node-redis on redis-server)`,
    COLUMNS,
    rows,
    [
      'What V8 counts, the value that is read and the loop that calls and awaits included. With one call in',
      'flight they are above all of looking for its reply, turn by turn of the event loop.',
    ],
  );
}

function print(kind: string, rows: readonly Row[], rounds: number): void {
  printTable(
    `Clients, ${kind}: operations a second (relative to node-redis on redis-server), CPU an operation of the application`,
    COLUMNS,
    rows,
    [
      'One connection over TCP; application and server are processes of their own on this machine. Objects are JSON',
      `for Redis's clients. CPU is user and system time. Medians of ${rounds} rounds.`,
    ],
  );
}

function chartOf(
  servers: Readonly<Record<ClientPeer['server'], RunningServer | undefined>>,
  of: (peer: string, kind: ValueKind) => Measurements | undefined,
): Chart {
  const shown = CLIENT_PEERS.filter(({ name, server }) => name === OURS || server !== 'kvd');
  // Ours first: a chart is read from above.
  const peers = shown.toReversed();
  return {
    title: 'Clients, one connection each',
    unit: 'GETs a second; more is better',
    series: peers.map((peer) => label(peer, servers[peer.server])),
    groups: (Object.keys(KINDS) as ValueKind[]).flatMap((kind) =>
      IN_FLIGHT.map((inFlight) => ({
        name: `${kind}, ${inFlight.toLocaleString('en')} in flight`,
        values: peers.map(({ name }) => of(name, kind)?.[`get ${inFlight} perSecond`]),
      })),
    ),
  };
}
