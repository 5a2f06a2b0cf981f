import { KINDS, type OptionKind } from './kinds.ts';

/** One option of the daemon. Flags, environment, file, CONFIG GET and --help all come from its row. */
export interface Option<Name extends string = string, Value = unknown> {
  /** Redis's name where Redis has one. */
  readonly name: Name;
  readonly kind: OptionKind<Value>;
  /** As it would be written in the configuration file. */
  readonly default: string;
  readonly help: string;
  readonly group: 'Network' | 'Data' | 'Security' | 'Limits' | 'Logs' | 'Diagnostics';
  /** Never shown, and may be read from the file that `KVD_..._FILE` names. */
  readonly secret?: true;
}

function option<const Name extends string, Value>(row: Option<Name, Value>): Option<Name, Value> {
  return row;
}

/** THE table of options. */
export const OPTIONS = [
  option({
    name: 'port',
    kind: KINDS.port,
    default: '31337',
    group: 'Network',
    help: 'TCP port; 0 lets the system choose one',
  }),
  option({
    name: 'bind',
    kind: KINDS.addresses,
    default: '127.0.0.1',
    group: 'Network',
    help: 'addresses to listen on, IPv4 or IPv6, separated by spaces; one after a dash may be missing; * is all of IPv4, ::* of IPv6',
  }),
  option({
    name: 'unixsocket',
    kind: KINDS.optionalPath,
    default: '',
    group: 'Network',
    help: 'path of a Unix socket to listen on as well',
  }),
  option({
    name: 'tls-port',
    kind: KINDS.port,
    default: '0',
    group: 'Network',
    help: 'TCP port for connections with TLS; 0 is none. With port 0 there are no others then',
  }),
  option({
    name: 'tls-cert-file',
    kind: KINDS.optionalPath,
    default: '',
    group: 'Network',
    help: 'the certificate that kvd shows, in PEM, with those between it and a known one',
  }),
  option({
    name: 'tls-key-file',
    kind: KINDS.optionalPath,
    default: '',
    group: 'Network',
    help: 'the private key of that certificate, in PEM',
  }),
  option({
    name: 'tls-key-file-pass',
    kind: KINDS.text,
    default: '',
    group: 'Network',
    secret: true,
    help: 'password of the private key',
  }),
  option({
    name: 'tls-ca-cert-file',
    kind: KINDS.optionalPath,
    default: '',
    group: 'Network',
    help: 'who may sign the certificates of clients, in PEM',
  }),
  option({
    name: 'tls-auth-clients',
    kind: KINDS.tlsAuthClients,
    default: 'yes',
    group: 'Network',
    help: 'whether clients have to show a certificate: yes, no, or optional, which refuses bad ones only',
  }),
  option({
    name: 'timeout',
    kind: KINDS.seconds,
    default: '0',
    group: 'Network',
    help: 'disconnect clients that send nothing for so many seconds; 0 is never',
  }),
  option({
    name: 'transport',
    kind: KINDS.transport,
    default: 'auto',
    group: 'Network',
    help: 'how sockets are read: auto is the fastest way this Node.js allows, stream the plain one',
  }),
  option({
    name: 'busy-poll',
    kind: KINDS.yesNo,
    default: 'no',
    group: 'Network',
    help: 'wait for the next requests awake, for about 50 microseconds, as long as they come that soon',
  }),
  option({
    name: 'dir',
    kind: KINDS.path,
    default: './data',
    group: 'Data',
    help: 'data directory; made if missing',
  }),
  option({
    name: 'dbfilename',
    kind: KINDS.fileName,
    default: 'snapshot.kv',
    group: 'Data',
    help: 'name of the snapshot in the data directory',
  }),
  option({
    name: 'save',
    kind: KINDS.savePoints,
    default: '3600 1 300 100 60 10000',
    group: 'Data',
    help: 'save after SECONDS if there were CHANGES, in pairs; "" never saves by itself',
  }),
  option({
    name: 'stop-writes-on-bgsave-error',
    kind: KINDS.yesNo,
    default: 'yes',
    group: 'Data',
    help: 'refuse writes after a save that failed, until one succeeds; only where there are save points',
  }),
  option({
    name: 'appendonly',
    kind: KINDS.yesNo,
    default: 'no',
    group: 'Data',
    help: 'keep a log of every change, so that a crash loses no more than appendfsync says',
  }),
  option({
    name: 'appendfsync',
    kind: KINDS.fsync,
    default: 'everysec',
    group: 'Data',
    help: 'when the log is made durable: always, before anything is answered; everysec; or no, when the system likes',
  }),
  option({
    name: 'auto-aof-rewrite-percentage',
    kind: KINDS.percent,
    default: '100',
    group: 'Data',
    help: 'rewrite the log when it has grown by so much since the last time; 0 never does by itself',
  }),
  option({
    name: 'auto-aof-rewrite-min-size',
    kind: KINDS.memory,
    default: '64mb',
    group: 'Data',
    help: 'do not rewrite a log that is smaller',
  }),
  option({
    name: 'databases',
    kind: KINDS.databases,
    default: '16',
    group: 'Data',
    help: 'how many numbered databases there are',
  }),
  option({
    name: 'notify-keyspace-events',
    kind: KINDS.keyspaceEvents,
    default: '',
    group: 'Data',
    help: 'what subscribers are told of keys, in letters: K and E where, A all, or g $ x e n m and so on, V what expired entries held; nothing by default',
  }),
  option({
    name: 'requirepass',
    kind: KINDS.text,
    default: '',
    group: 'Security',
    secret: true,
    help: 'password that clients must give',
  }),
  option({
    name: 'protected-mode',
    kind: KINDS.yesNo,
    default: 'yes',
    group: 'Security',
    help: 'refuse to listen beyond this machine without a password',
  }),
  option({
    name: 'maxclients',
    kind: KINDS.clients,
    default: '10000',
    group: 'Limits',
    help: 'most clients at once',
  }),
  option({
    name: 'maxmemory',
    kind: KINDS.memory,
    default: '0',
    group: 'Limits',
    help: 'memory that entries may take, e.g. 1gb; 0 is without a limit',
  }),
  option({
    name: 'maxmemory-policy',
    kind: KINDS.evictionPolicy,
    default: 'noeviction',
    group: 'Limits',
    help: 'what goes when maxmemory is reached: noeviction refuses writes; allkeys- or volatile-lru, -lfu, -random, or volatile-ttl',
  }),
  option({
    name: 'shutdown-timeout',
    kind: KINDS.seconds,
    default: '3',
    group: 'Limits',
    help: 'seconds that clients have to take their last replies at shutdown',
  }),
  option({
    name: 'loglevel',
    kind: KINDS.logLevel,
    default: 'notice',
    group: 'Logs',
    help: 'debug, verbose, notice, warning or nothing',
  }),
  option({
    name: 'log-format',
    kind: KINDS.logFormat,
    default: 'auto',
    group: 'Logs',
    help: 'pretty for people, json for machines; auto is pretty on a terminal',
  }),
  option({
    name: 'slowlog-log-slower-than',
    kind: KINDS.microseconds,
    default: '10000',
    group: 'Diagnostics',
    help: 'keep commands in the slow log that take so many microseconds; 0 keeps all, -1 none',
  }),
  option({
    name: 'slowlog-max-len',
    kind: KINDS.count,
    default: '128',
    group: 'Diagnostics',
    help: 'how many the slow log keeps',
  }),
  option({
    name: 'latency-monitor-threshold',
    kind: KINDS.milliseconds,
    default: '0',
    group: 'Diagnostics',
    help: 'keep events for LATENCY that take so many milliseconds; 0 keeps none',
  }),
  option({
    name: 'latency-tracking',
    kind: KINDS.yesNo,
    default: 'yes',
    group: 'Diagnostics',
    help: 'keep how long calls of each command take, for LATENCY HISTOGRAM and INFO latencystats',
  }),
  option({
    name: 'latency-tracking-info-percentiles',
    kind: KINDS.percentiles,
    default: '50 99 99.9',
    group: 'Diagnostics',
    help: 'the percentiles of them that INFO shows',
  }),
  option({
    name: 'enable-debug-command',
    kind: KINDS.debugCommand,
    default: 'no',
    group: 'Security',
    help: 'who may use DEBUG, which can stop the server: no, yes, or local, from this machine',
  }),
] as const;

type Row = (typeof OPTIONS)[number];

type ValueOf<R> = R extends Option<string, infer Value> ? Value : never;

/** Every option with its checked value. */
export type Config = {
  readonly [R in Row as R['name']]: ValueOf<R>;
};
