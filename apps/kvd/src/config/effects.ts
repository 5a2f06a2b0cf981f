import type { RewriteThreshold, SnapshotKeeper } from '@kv/persistence';
import type { Diagnostics, KvServer } from '@kv/server';
import type { Engine } from '../engine.ts';
import type { KeptLog } from '../kept-log.ts';
import type { Effects } from './live-config.ts';
import type { Config } from './options.ts';

/** What changes when an option does. */
export interface Affected {
  /** Asked for when it is there. */
  readonly server: () => KvServer;
  readonly engine: Engine;
  readonly keeper: SnapshotKeeper | undefined;
  readonly appendLog: KeptLog | undefined;
  readonly onLogLevel: ((level: Config['loglevel']) => void) | undefined;
}

/** What CONFIG SET does beside changing the configuration, for every option that it may change. */
export function configEffects(affected: Affected): Effects {
  const { engine, keeper, appendLog } = affected;
  const limit = (now: Config) => engine.limit(now.maxmemory, now['maxmemory-policy']);
  const measure = (now: Config) => {
    affected.server().diagnostics = diagnosticsOf(now);
  };
  return {
    timeout: () => {},
    maxclients: () => {},
    'shutdown-timeout': () => {},
    maxmemory: limit,
    'maxmemory-policy': limit,
    requirepass: ({ requirepass }) => {
      affected.server().password = requirepass || undefined;
    },
    appendonly: ({ appendonly }) => appendLog?.turn(appendonly, async () => await keeper?.save()),
    appendfsync: ({ appendfsync }) => appendLog?.policy(appendfsync),
    'auto-aof-rewrite-percentage': (now) => appendLog?.threshold(rewriteThreshold(now)),
    'auto-aof-rewrite-min-size': (now) => appendLog?.threshold(rewriteThreshold(now)),
    save({ save }) {
      if (keeper !== undefined) keeper.savePoints = save;
    },
    'stop-writes-on-bgsave-error': () => {},
    'notify-keyspace-events': (now) => {
      affected.server().keyspaceEvents = now['notify-keyspace-events'];
    },
    'busy-poll': (now) => {
      affected.server().busyPoll = now['busy-poll'];
    },
    loglevel: ({ loglevel }) => affected.onLogLevel?.(loglevel),
    'slowlog-log-slower-than': measure,
    'slowlog-max-len': measure,
    'latency-monitor-threshold': measure,
    'latency-tracking': measure,
    'latency-tracking-info-percentiles': measure,
  };
}

export function diagnosticsOf(config: Config): Diagnostics {
  return {
    slowerThanUs: config['slowlog-log-slower-than'],
    slowLogMax: config['slowlog-max-len'],
    latencyMs: config['latency-monitor-threshold'],
    tracking: config['latency-tracking'],
    percentiles: config['latency-tracking-info-percentiles'],
  };
}

export function rewriteThreshold(config: Config): RewriteThreshold {
  return {
    percentage: config['auto-aof-rewrite-percentage'],
    minBytes: config['auto-aof-rewrite-min-size'],
  };
}
