import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseSavePoints, type SavePoint } from '@kv/persistence';
import { keyspaceEventFlags } from '@kv/server';
import { EVICTION_POLICIES } from '@kv/store';
import { LOCK_FILE } from '../directory-lock.ts';
import { LOG_DIRECTORY } from '../log-directory.ts';

/** How an option's text is read and checked. */
export interface OptionKind<Value> {
  /** What is allowed, for people; completes "must be ...". */
  readonly allowed: string;
  /** The value, or `undefined` when the text is not allowed. */
  parse(text: string): Value | undefined;
  /** The word behind the flag in --help. */
  readonly placeholder: string;
}

/** One address of `bind`. */
export interface BindAddress {
  readonly host: string;
  /** A machine without this address may start all the same. */
  readonly optional: boolean;
}

function integer(least: number, most: number, placeholder: string): OptionKind<number> {
  return {
    allowed: `a whole number from ${least} to ${most}`,
    placeholder,
    parse(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
  };
}

/** Percentiles such as `50 99 99.9`; `undefined` where one is none. */
function percentiles(text: string): readonly number[] | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const all = words.map((word) => (/^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN));
  return all.every((percent) => percent >= 0 && percent <= 100) ? all : undefined;
}

function oneOf<const Value extends string>(...values: Value[]): OptionKind<Value> {
  return {
    allowed: `one of ${values.join(', ')}`,
    placeholder: values.length > 3 ? 'NAME' : values.join('|'),
    parse: (text) => values.find((value) => value === text.toLowerCase()),
  };
}

function savePoints(text: string): readonly SavePoint[] | undefined {
  try {
    return parseSavePoints(text);
  } catch {
    // The reason is the same for every wrong text, and `allowed` says it.
    return undefined;
  }
}

function addresses(text: string): readonly BindAddress[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const hosts = words.map((word) => ({
    host: EVERYWHERE.get(word.replace(/^-/, '')) ?? word.replace(/^-/, ''),
    optional: word.startsWith('-'),
  }));
  // A URL, or a port behind an address, is a mistake that the system explains badly.
  return hosts.every(({ host }) => isHost(host)) ? hosts : undefined;
}

/** Redis's units: k is 1000 bytes, kb is 1024. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 2 ** 10,
  m: 1e6,
  mb: 2 ** 20,
  g: 1e9,
  gb: 2 ** 30,
};

function memory(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})([kmg]?b?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Redis's names for all addresses of this machine. */
const EVERYWHERE: ReadonlyMap<string, string> = new Map([
  ['*', '0.0.0.0'],
  ['::*', '::'],
]);

function isHost(host: string): boolean {
  return isIP(host) !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(host);
}

const MICROSECONDS = integer(0, Number.MAX_SAFE_INTEGER, 'USEC');

export const KINDS = {
  port: integer(0, 65_535, 'PORT'),
  clients: integer(1, 1_000_000, 'COUNT'),
  databases: integer(1, 65_536, 'COUNT'),
  seconds: integer(0, 2_000_000, 'SECONDS'),
  memory: {
    allowed: 'bytes such as 100mb, 1gb or 0 for no limit',
    placeholder: 'BYTES',
    parse: memory,
  },
  fsync: oneOf('always', 'everysec', 'no'),
  microseconds: {
    allowed: 'a whole number of microseconds; 0 for all, -1 for none',
    placeholder: 'USEC',
    parse: (text: string) => (text === '-1' ? -1 : MICROSECONDS.parse(text)),
  },
  milliseconds: integer(0, 2_000_000_000, 'MILLISECONDS'),
  count: integer(0, 1_000_000, 'COUNT'),
  percentiles: {
    allowed: 'numbers from 0 to 100, separated by spaces',
    placeholder: 'PERCENTS',
    parse: percentiles,
  },
  debugCommand: oneOf('no', 'yes', 'local'),
  percent: integer(0, 1_000_000, 'PERCENT'),
  evictionPolicy: oneOf(...EVICTION_POLICIES),
  transport: oneOf('auto', 'stream'),
  tlsAuthClients: oneOf('yes', 'no', 'optional'),
  keyspaceEvents: {
    allowed: 'letters of KEVg$lshzxetdAnm',
    placeholder: 'LETTERS',
    parse: keyspaceEventFlags,
  },
  text: {
    allowed: 'text',
    placeholder: 'TEXT',
    parse: (text: string) => text,
  },
  path: {
    allowed: 'a path',
    placeholder: 'PATH',
    // Absolute, so that messages, logs and CONFIG GET say where it is.
    parse: (text: string) => (text === '' || text.includes('\0') ? undefined : resolve(text)),
  },
  optionalPath: {
    allowed: 'a path, or "" for none',
    placeholder: 'PATH',
    parse: (text: string) => (text.includes('\0') ? undefined : text),
  },
  fileName: {
    allowed: `a file name without a directory, other than ${LOCK_FILE} and ${LOG_DIRECTORY}`,
    placeholder: 'NAME',
    parse: (text: string) =>
      /[/\\\0]/.test(text) || ['', '.', '..', LOCK_FILE, LOG_DIRECTORY].includes(text)
        ? undefined
        : text,
  },
  addresses: {
    allowed:
      'one or more addresses or host names, without ports, separated by spaces (* is all of IPv4)',
    placeholder: 'ADDRESSES',
    parse: addresses,
  },
  savePoints: {
    allowed: 'pairs of SECONDS and CHANGES such as "3600 1 300 100", each from 1, or "" for none',
    placeholder: 'POINTS',
    parse: savePoints,
  },
  yesNo: {
    allowed: 'yes or no',
    placeholder: 'yes|no',
    parse: (text: string) =>
      ({ yes: true, true: true, no: false, false: false })[text.toLowerCase()],
  },
  logLevel: oneOf('debug', 'verbose', 'notice', 'warning', 'nothing'),
  logFormat: oneOf('auto', 'pretty', 'json'),
} satisfies Record<string, OptionKind<unknown>>;
