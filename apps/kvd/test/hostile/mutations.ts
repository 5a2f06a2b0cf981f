// Requests of both protocols, and what becomes of them when bytes are lost, doubled or changed.
import type { Random } from '../oracle/random.ts';
import { requestBytes } from '../raw-connection.ts';

/** What the numbers in a request may become: the edges of 31, 32, 53 and 63 bits, and no numbers. */
const NUMBERS = [
  '-1',
  '-2147483648',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '9223372036854775808',
  '00',
  '1e9',
  '',
];
/** Four bytes of a length or a count. */
const WORDS = [0xffffffff, 0x80000000, 0x7fffffff, 0x00010000, 0];

/** Commands that end nothing and hold nothing up, so that all that is sent is looked at. */
const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['PING'],
  ['GET', 'key'],
  ['SET', 'key', 'value', 'EX', '100'],
  ['SETRANGE', 'key', '17', 'abc'],
  ['SETBIT', 'bits', '1000', '1'],
  ['BITFIELD', 'bits', 'SET', 'u8', '#3', '200', 'OVERFLOW', 'SAT', 'INCRBY', 'i5', '100', '1'],
  ['BITOP', 'XOR', 'bits', 'bits', 'key'],
  ['GETRANGE', 'key', '0', '-1'],
  ['MSET', 'a', '1', 'b', '2'],
  ['MGET', 'a', 'b', 'c'],
  ['INCRBY', 'n', '5'],
  ['EXPIRE', 'key', '100'],
  ['SCAN', '0', 'MATCH', 'a*', 'COUNT', '10'],
  ['KEYS', 'a*b?[c-d]'],
  ['DEL', 'key', 'a'],
  ['RESTORE', 'key', '0', 'payload', 'REPLACE'],
  ['DUMP', 'key'],
  ['COMMAND', 'INFO', 'get'],
  ['CLIENT', 'INFO'],
  ['CONFIG', 'GET', '*'],
  ['MULTI'],
  ['EXEC'],
  ['WATCH', 'key'],
  ['SUBSCRIBE', 'news'],
  ['UNSUBSCRIBE'],
  ['OBJECT', 'ENCODING', 'key'],
  ['LCS', 'a', 'b'],
];

export type Protocol = 'native' | 'resp';

/** One request, as it should be. */
function validRequest(protocol: Protocol, random: Random): Buffer {
  const words = random.pick(COMMANDS);
  if (protocol === 'native') return Buffer.from(requestBytes([...words]));
  const bulks = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${bulks.join('')}`);
}

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const MUTATIONS: readonly Mutation[] = [flipBits, setByte, setWord, cut, double, insert, truncate];

/** The request with one to three things wrong. */
export function mutated(protocol: Protocol, random: Random): Buffer {
  const possible = protocol === 'resp' ? [...MUTATIONS, setNumber] : MUTATIONS;
  let bytes = validRequest(protocol, random);
  for (let i = random.between(1, 3); i > 0; i--)
    if (bytes.length > 0) bytes = random.pick(possible)(bytes, random);
  return bytes;
}

const placeIn = (bytes: Buffer, random: Random): number => random.between(0, bytes.length - 1);

function flipBits(bytes: Buffer, random: Random): Buffer {
  const at = placeIn(bytes, random);
  bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
  return bytes;
}

function setByte(bytes: Buffer, random: Random): Buffer {
  bytes[placeIn(bytes, random)] = random.between(0, 255);
  return bytes;
}

function setWord(bytes: Buffer, random: Random): Buffer {
  if (bytes.length >= 4)
    bytes.writeUInt32BE(random.pick(WORDS), random.between(0, bytes.length - 4));
  return bytes;
}

function cut(bytes: Buffer, random: Random): Buffer {
  const at = placeIn(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 8))]);
}

function double(bytes: Buffer, random: Random): Buffer {
  const at = placeIn(bytes, random);
  return Buffer.concat([bytes.subarray(0, at + random.between(1, 8)), bytes.subarray(at)]);
}

function insert(bytes: Buffer, random: Random): Buffer {
  const at = placeIn(bytes, random);
  const added = Buffer.from(
    Array.from({ length: random.between(1, 8) }, () => random.between(0, 255)),
  );
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

function truncate(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, placeIn(bytes, random));
}

function setNumber(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return bytes;
  const { 0: number, index } = random.pick(numbers);
  const rest = text.slice(index + number.length);
  return Buffer.from(text.slice(0, index) + random.pick(NUMBERS) + rest, 'latin1');
}
