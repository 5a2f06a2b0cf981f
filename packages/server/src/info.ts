import { COMPILED, type CompiledCommand } from '@kv/protocol';
import { commandTitle } from './command-title.ts';
import type { ServerContext } from './handler.ts';
import { memoryUse } from './memory-report.ts';
import { printable } from './quoted.ts';
import { REDIS_VERSION } from './redis-version.ts';

type Fields = readonly (readonly [name: string, value: string | number])[];

function server({ version, clock, statistics, listening }: ServerContext): Fields {
  const seconds = Math.max(0, Math.floor((clock.now() - statistics.startedAt) / 1000));
  return [
    // What tools ask for that know Redis; kvd's own version is the next.
    ['redis_version', REDIS_VERSION],
    ['redis_mode', 'standalone'],
    ['kvd_version', version],
    ['node_version', process.versions.node],
    ['os', `${process.platform} ${process.arch}`],
    ['arch_bits', /64|s390x/.test(process.arch) ? 64 : 32],
    ['process_id', process.pid],
    ['tcp_port', tcpPort(listening())],
    ['listening', listening().join(',')],
    ['server_time_usec', clock.now() * 1000],
    ['uptime_in_seconds', seconds],
    ['uptime_in_days', Math.floor(seconds / 86_400)],
  ];
}

/** The first, and 0 where there is only a path. */
function tcpPort(addresses: readonly string[]): number {
  return Number(addresses.map((address) => /:(\d+)$/.exec(address)?.[1]).find(Boolean) ?? 0);
}

function clients({ sessions, limits }: ServerContext): Fields {
  const blocked = [...sessions].filter((session) => session.isBlocked());
  return [
    ['connected_clients', sessions.size],
    ['maxclients', limits.connectionsMax],
    ['blocked_clients', blocked.length],
  ];
}

function memory(context: ServerContext): Fields {
  const { keyspaces, statistics } = context;
  const { peak } = memoryUse(context);
  const usage = process.memoryUsage();
  const { usedBytes, liveBytes, maxBytes, evictionPolicy } = keyspaces;
  return [
    ['used_memory', usedBytes + statistics.clientBytes],
    ['used_memory_human', humanBytes(usedBytes + statistics.clientBytes)],
    ['used_memory_peak', peak],
    ['used_memory_peak_human', humanBytes(peak)],
    ['used_memory_dataset', liveBytes],
    ['mem_clients_normal', statistics.clientBytes],
    ['mem_fragmentation_ratio', (usedBytes / Math.max(1, liveBytes)).toFixed(2)],
    ['used_memory_rss', usage.rss],
    ['used_memory_heap', usage.heapUsed],
    ['used_memory_buffers', usage.arrayBuffers],
    ['maxmemory', maxBytes],
    ['maxmemory_human', humanBytes(maxBytes)],
    ['maxmemory_policy', evictionPolicy],
  ];
}

function persistence({ snapshots, appendLog, loading }: ServerContext): Fields {
  return [
    ['loading', loading() ? 1 : 0],
    ['rdb_changes_since_last_save', snapshots.changes],
    ['rdb_bgsave_in_progress', snapshots.saving ? 1 : 0],
    ['rdb_last_save_time', snapshots.lastSaveAt],
    ['rdb_last_bgsave_status', snapshots.lastSaveOk ? 'ok' : 'err'],
    ['rdb_last_bgsave_error', snapshots.lastSaveError ?? ''],
    ['rdb_last_bgsave_time_sec', Math.round(snapshots.lastSaveDurationMs / 1000)],
    ['current_save_keys_processed', snapshots.saving ? snapshots.savedEntries : 0],
    ['aof_enabled', appendLog.enabled ? 1 : 0],
    ['aof_rewrite_in_progress', appendLog.rewriting ? 1 : 0],
    ['aof_last_rewrite_time_sec', seconds(appendLog.lastRewriteMs)],
    ['aof_last_bgrewrite_status', appendLog.lastRewriteOk ? 'ok' : 'err'],
    ['aof_last_bgrewrite_error', appendLog.lastRewriteError ?? ''],
    ['aof_last_write_status', appendLog.failure === undefined ? 'ok' : 'err'],
    ['aof_last_write_error', appendLog.failure ?? ''],
    ['aof_current_size', appendLog.bytes],
    ['aof_base_size', appendLog.baseBytes],
  ];
}

/** As Redis writes it for people: `1.50M`. */
function humanBytes(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return power === 0 ? `${bytes}B` : `${(bytes / 1024 ** power).toFixed(2)}${'BKMGT'[power]}`;
}

/** As Redis: whole seconds, and -1 for never. */
function seconds(ms: number | undefined): number {
  return ms === undefined ? -1 : Math.round(ms / 1000);
}

function stats({ statistics, keyspaces, pubsub }: ServerContext): Fields {
  return [
    ['total_connections_received', statistics.connections],
    ['total_commands_processed', statistics.commands],
    ['instantaneous_ops_per_sec', statistics.commandsPerSecond],
    ['total_net_input_bytes', statistics.inputBytes],
    ['total_net_output_bytes', statistics.outputBytes],
    ['rejected_connections', statistics.rejectedConnections],
    ['total_error_replies', statistics.errors],
    ['expired_keys', keyspaces.expired],
    ['evicted_keys', keyspaces.evicted],
    ['keyspace_hits', statistics.keyspaceHits],
    ['keyspace_misses', statistics.keyspaceMisses],
    ['pubsub_channels', pubsub.count('channels')],
    ['pubsub_patterns', pubsub.count('patterns')],
    ['pubsubshard_channels', pubsub.count('shardChannels')],
    ...Object.entries(keyspaces.longestPauseMs).map(
      ([job, ms]) => [`${job}_longest_pause_ms`, ms.toFixed(2)] as const,
    ),
  ];
}

function replication(): Fields {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
  ];
}

function cpu(): Fields {
  const { system, user } = process.cpuUsage();
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
  ];
}

/** How often each command was executed, and how long that took: see {@link CommandTimer}. */
function commandstats({ statistics, timer }: ServerContext): Fields {
  const { calls, rejected, failed } = statistics;
  return COMPILED.flatMap((command) => {
    if (command === undefined) return [];
    const { id } = command;
    const [called = 0, refused = 0, faults = 0] = [calls[id], rejected[id], failed[id]];
    if (called + refused === 0) return [];
    const usPerCall = (timer.timedUs[id] ?? 0) / Math.max(1, timer.timedCalls[id] ?? 0);
    const fields = [
      `calls=${called}`,
      `usec=${Math.round(usPerCall * called)}`,
      `usec_per_call=${usPerCall.toFixed(2)}`,
      `rejected_calls=${refused}`,
      `failed_calls=${faults}`,
    ];
    return [[`cmdstat_${commandTitle(command)}`, fields.join(',')] as const];
  });
}

function latencystats({ timer }: ServerContext): Fields {
  const { percentiles } = timer.diagnostics;
  return [...timer.histograms].map(([id, histogram]) => {
    const shown = percentiles.map(
      (percent) => `p${percent}=${(histogram.percentile(percent) / 1000).toFixed(3)}`,
    );
    const command = COMPILED[id] as CompiledCommand;
    return [`latency_percentiles_usec_${commandTitle(command)}`, shown.join(',')] as const;
  });
}

function keyspace({ keyspaces }: ServerContext): Fields {
  return [...keyspaces.used()].map(([index, db]) => [
    `db${index}`,
    `keys=${db.size},expires=${db.expiringSize}`,
  ]);
}

/** The sections of INFO, in the order in which they are shown. */
const SECTIONS: ReadonlyMap<string, (context: ServerContext) => Fields> = new Map([
  ['server', server],
  ['clients', clients],
  ['memory', memory],
  ['persistence', persistence],
  ['stats', stats],
  ['replication', replication],
  ['cpu', cpu],
  ['modules', () => []],
  ['commandstats', commandstats],
  ['latencystats', latencystats],
  ['cluster', () => [['cluster_enabled', 0]]],
  ['keyspace', keyspace],
]);

/** Titles that are no words. */
const TITLES: ReadonlyMap<string, string> = new Map([['cpu', 'CPU']]);

const ALL = ['all', 'everything'];
/** What is shown only when asked for, by its name or with all. */
const ON_REQUEST = new Set(['commandstats', 'latencystats']);

/** INFO's text: sections of `name:value` lines; no section named means the usual ones. */
export function info(context: ServerContext, wanted: readonly string[]): string {
  const names = new Set(wanted.map((name) => name.toLowerCase()));
  const all = ALL.some((name) => names.has(name));
  const usual = names.size === 0 || names.has('default');
  const parts: string[] = [];
  for (const [name, fields] of SECTIONS) {
    if (!all && !names.has(name) && !(usual && !ON_REQUEST.has(name))) continue;
    const title = `# ${TITLES.get(name) ?? `${name[0]?.toUpperCase()}${name.slice(1)}`}`;
    const lines = fields(context).map(([field, value]) => `${field}:${printable(String(value))}`);
    parts.push(`${[title, ...lines].join('\r\n')}\r\n`);
  }
  return parts.join('\r\n');
}
