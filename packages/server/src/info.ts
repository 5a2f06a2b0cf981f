import { COMPILED } from '@kv/protocol';
import type { ServerContext } from './handler.ts';
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
    ['process_id', process.pid],
    ['listening', listening().join(',')],
    ['server_time_usec', clock.now() * 1000],
    ['uptime_in_seconds', seconds],
    ['uptime_in_days', Math.floor(seconds / 86_400)],
  ];
}

function clients({ sessions, limits }: ServerContext): Fields {
  return [
    ['connected_clients', sessions.size],
    ['maxclients', limits.connectionsMax],
    ['blocked_clients', 0],
  ];
}

function memory({ keyspaces, statistics }: ServerContext): Fields {
  const usage = process.memoryUsage();
  const { usedBytes, liveBytes, maxBytes, evictionPolicy } = keyspaces;
  return [
    ['used_memory', usedBytes + statistics.clientBytes],
    ['used_memory_dataset', liveBytes],
    ['mem_clients_normal', statistics.clientBytes],
    ['mem_fragmentation_ratio', (usedBytes / Math.max(1, liveBytes)).toFixed(2)],
    ['used_memory_rss', usage.rss],
    ['used_memory_heap', usage.heapUsed],
    ['used_memory_buffers', usage.arrayBuffers],
    ['maxmemory', maxBytes],
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

/** As Redis: whole seconds, and -1 for never. */
function seconds(ms: number | undefined): number {
  return ms === undefined ? -1 : Math.round(ms / 1000);
}

function stats({ statistics, keyspaces }: ServerContext): Fields {
  return [
    ['total_connections_received', statistics.connections],
    ['total_commands_processed', statistics.commands],
    ['total_net_input_bytes', statistics.inputBytes],
    ['total_net_output_bytes', statistics.outputBytes],
    ['rejected_connections', statistics.rejectedConnections],
    ['total_error_replies', statistics.errors],
    ['expired_keys', keyspaces.expired],
    ['evicted_keys', keyspaces.evicted],
    ['keyspace_hits', statistics.keyspaceHits],
    ['keyspace_misses', statistics.keyspaceMisses],
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

/** How often each command was executed. */
function commandstats({ statistics }: ServerContext): Fields {
  return COMPILED.flatMap((command) => {
    const calls = command && statistics.calls[command.id];
    if (!calls) return [];
    const name = command.row.name.toLowerCase().replace(' ', '|');
    return [[`cmdstat_${name}`, `calls=${calls}`] as const];
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
  ['commandstats', commandstats],
  ['keyspace', keyspace],
]);

/** Titles that are no words. */
const TITLES: ReadonlyMap<string, string> = new Map([['cpu', 'CPU']]);

const ALL = ['all', 'everything'];
/** What is shown only when asked for, by its name or with all. */
const ON_REQUEST = new Set(['commandstats']);

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
