import { integerWord, keyWord } from '../domains.ts';
import type { Grammar } from '../grammar.ts';

const SAVES = 'saves or stops: tested with files and processes';
const NONE = 'there is none here: what is not asked of an empty server is refused';
const DEBUG = 'one command in Redis, with errors of its own: tested by itself';
const EXECUTED = ['get', 'SET', 'object', 'config|get', 'nosuch'];
const OWN_LIST = 'lists what this server has: tested by itself';
const WAITS = [
  ['0', '0'],
  ['-1', '0'],
  ['0', '-1'],
  ['x', '0'],
  ['0', 'x'],
];
/** Options that are the same here and there, each alone: the order of several is each server's own. */
const CONFIGURED = [
  ...['maxmemory', 'MaxMemory', 'maxmemory-polic?', 'databases', 'timeout', 'appendonly', 'save'],
  ...['appendfsync', 'slowlog-max-len', '[s]lowlog-max-*', 'notify-keyspace-events', 'nosuch', ''],
];
/** Numbers become others now and then: no option whose effect depends on when a server looks, as that of `timeout`. */
const CHANGES = [
  ['slowlog-max-len', '64'],
  ['Slowlog-Max-Len', '32', 'latency-tracking', 'yes'],
  ['slowlog-max-len', '64', 'slowlog-max-len', '64'],
  ['slowlog-max-len', '64', 'databases', '4'],
  ['slowlog-max-len', '16', 'nosuch', '1'],
  ['no such\n', '1'],
  ['slowlog-max-len'],
];
const WHOLE_COMMANDS = [
  ['get', 'a'],
  ['GET', 'a', 'b'],
  ['get'],
  ['mset', 'a', '1', 'b', '2'],
  ['mset', 'a'],
  ['set', 'a', 'v', 'EX', '10'],
  ['bitop', 'and', 'd', 'a', 'b'],
  ['copy', 'a', 'b', 'DB', '1'],
  ['object', 'encoding', 'a'],
  ['memory', 'usage', '\x00\xff'],
  ['del', 'a', 'b', ''],
  ['config', 'get', 'x'],
  ['publish', 'a', 'b'],
  ['nosuch', 'a'],
  ['ping'],
];

/** Of `protocol/src/commands/server.ts`. */
export const serverGrammar: Grammar<'server'> = {
  FLUSH: { skip: 'not in Redis' },
  FLUSHDB: { weight: 0.1 },
  FLUSHALL: { weight: 0.1 },
  SWAPDB: { weight: 0.5 },
  SAVE: { skip: SAVES },
  BGREWRITEAOF: { skip: 'there is no log here, and redis-server forks to write one' },
  WAITAOF: { skip: 'redis-server 7.0 does not have it' },
  BGSAVE: { skip: SAVES },
  LASTSAVE: { compare: 'kind' },
  DBSIZE: { skip: 'may count expired keys: compared when none are due, at the end of a script' },
  INFO: { compare: 'kind', words: () => [] },
  'MEMORY USAGE': {
    words: (draw) => {
      const samples = draw.random.chance(0.3) ? ['SAMPLES', integerWord(draw)] : [];
      return [keyWord(draw), ...samples];
    },
    compare: 'kind',
  },
  'MEMORY HELP': { compare: 'kind' },
  TIME: { compare: 'kind' },
  ROLE: {},
  // With a timeout of 0 and replicas to wait for Redis would wait for ever.
  WAIT: { words: ({ random }) => random.pick(WAITS) },
  REPLICAOF: { words: () => ['NO', 'ONE'] },
  SLAVEOF: { words: () => ['no', 'one'] },
  CLUSTER: { skip: NONE },
  'ACL WHOAMI': {},
  'ACL HELP': { compare: 'kind' },
  'FUNCTION FLUSH': { skip: NONE },
  'FUNCTION LIST': { skip: NONE },
  'FUNCTION HELP': { compare: 'kind' },
  'MODULE LIST': {},
  'MODULE HELP': { compare: 'kind' },
  LOLWUT: { skip: 'a drawing of its own' },
  SHUTDOWN: { skip: SAVES },
  'CONFIG GET': { words: ({ random }) => [random.pick(CONFIGURED)] },
  'CONFIG SET': { words: ({ random }) => random.pick(CHANGES) },
  'CONFIG RESETSTAT': {},
  COMMAND: { skip: OWN_LIST },
  'COMMAND COUNT': { skip: OWN_LIST },
  'COMMAND LIST': { skip: OWN_LIST },
  'COMMAND INFO': { skip: OWN_LIST },
  'COMMAND DOCS': { skip: OWN_LIST },
  'COMMAND GETKEYS': { words: ({ random }) => random.pick(WHOLE_COMMANDS) },
  'COMMAND HELP': { compare: 'kind' },
  'CONFIG HELP': { compare: 'kind' },
  'CONFIG REWRITE': {},
  'MEMORY STATS': { compare: 'kind' },
  'MEMORY DOCTOR': { compare: 'kind' },
  'MEMORY PURGE': {},
  'MEMORY MALLOC-STATS': { compare: 'kind' },
  'SLOWLOG GET': { compare: 'kind', words: (draw) => [integerWord(draw, -2, 3)] },
  'SLOWLOG LEN': { compare: 'kind' },
  'SLOWLOG RESET': {},
  'SLOWLOG HELP': { compare: 'kind' },
  MONITOR: { skip: 'sends what is no reply: tested by itself' },
  // Nothing is watched, so there is nothing to tell.
  'LATENCY LATEST': {},
  'LATENCY HISTORY': {},
  'LATENCY RESET': {},
  'LATENCY GRAPH': {},
  'LATENCY DOCTOR': { compare: 'kind' },
  'LATENCY HISTOGRAM': { compare: 'kind', words: ({ random }) => [random.pick(EXECUTED)] },
  'LATENCY HELP': { compare: 'kind' },
  'DEBUG SLEEP': { skip: DEBUG },
  'DEBUG SET-ACTIVE-EXPIRE': { skip: DEBUG },
  'DEBUG OBJECT': { skip: DEBUG },
  'DEBUG JMAP': { skip: DEBUG },
  'DEBUG HELP': { skip: DEBUG },
};
