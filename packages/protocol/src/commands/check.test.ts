import { expect, test } from 'vitest';
import { ByteWriter } from '../byte-writer.ts';
import { type ErrorReply, Errors, errorReply } from '../errors.ts';
import { FrameReader } from '../frame-reader.ts';
import { KEY_BYTES_MAX, TEXT_BYTES_MAX } from '../limits.ts';
import { RequestBatch } from '../request-batch.ts';
import { writeRequest } from '../request-writer.ts';
import { ValueCodec } from '../value/codec.ts';
import { checkArguments } from './check.ts';
import { COMPILED, compiledNamed, optionSlots } from './compile.ts';
import type { CommandName } from './table.ts';

const codec = new ValueCodec();
const batch = new RequestBatch();

function check(name: CommandName, ...args: unknown[]): ErrorReply | undefined {
  const command = compiledNamed(name);
  if (command === undefined) throw new Error(name);
  const writer = new ByteWriter();
  writeRequest(writer, codec, 'X', args);
  const bytes = writer.copy();
  batch.begin(bytes);
  new FrameReader().fill(batch, 0, bytes.length, true);
  batch.at = batch.first[0] as number;
  batch.size = batch.count[0] as number;
  return checkArguments(command, batch);
}

const ARITY = expect.objectContaining({ message: expect.stringContaining('wrong number') });

test('too few and too many arguments are counted for every command', () => {
  for (const command of COMPILED) {
    if (command === undefined) continue;
    const name = command.row.name as CommandName;
    const { argumentsMin, argumentsMax } = command;
    if (argumentsMin > 0)
      expect(check(name, ...new Array(argumentsMin - 1).fill('1'))).toEqual(ARITY);
    if (argumentsMax === Number.POSITIVE_INFINITY) continue;
    const reply = check(name, ...new Array(argumentsMax + 1).fill('1'));
    expect(reply).toEqual(command.optionCount > 0 ? Errors.syntax : ARITY);
  }
});

test.each<[CommandName, unknown[], ErrorReply | undefined]>([
  ['GET', ['k'], undefined],
  ['GET', [new Uint8Array([255])], undefined],
  ['GET', [1], Errors.keyKind],
  ['GET', [null], Errors.keyKind],
  ['GET', [{ a: 1 }], Errors.keyKind],
  ['MGET', ['a', 'b', 1], Errors.keyKind],
  ['SET', ['k', { any: 1 }], undefined],
  ['SET', ['k', 'v', 'nx', 'EX', 10, 'Get'], undefined],
  ['SET', ['k', 'v', 'KEEPTTL', 'XX'], undefined],
  ['SET', ['k', 'v', 'NX', 'XX'], Errors.syntax],
  ['SET', ['k', 'v', 'NX', 'NX'], undefined],
  ['SET', ['k', 'v', 'EX', 10, 'PX', 10], Errors.syntax],
  ['SET', ['k', 'v', 'EX', 10, 'KEEPTTL'], Errors.syntax],
  ['SET', ['k', 'v', 'EX'], Errors.syntax],
  ['SET', ['k', 'v', 'BANANA'], Errors.syntax],
  ['SET', ['k', 'v', ''], Errors.syntax],
  ['SET', ['k', 'v', '__proto__'], Errors.syntax],
  ['SET', ['k', 'v', 'E'.repeat(100_000)], Errors.syntax],
  ['SET', ['k', 'v', 1], Errors.syntax],
  ['SET', ['k', 'v', { a: 1 }], Errors.syntax],
  ['SET', ['k', 'v', 'EX', 'ten'], Errors.notInteger],
  ['SET', ['k', 'v', 'EX', 1.5], Errors.notInteger],
  ['SET', ['k', 'v', 'EX', Number.NaN], Errors.notInteger],
  ['SET', ['k', 'v', 'EX', 'ten', 'BANANA'], Errors.syntax],
  ['SETEX', ['k', 10, 'v'], undefined],
  ['SETEX', ['k', '10', 'v'], undefined],
  ['SETEX', ['k', new Uint8Array([49, 48]), 'v'], undefined],
  ['SETEX', ['k', 10n, 'v'], undefined],
  ['SETEX', ['k', -1, 'v'], undefined],
  ['SETEX', ['k', 2 ** 40, 'v'], undefined],
  ['SETEX', ['k', '1.5', 'v'], Errors.notInteger],
  ['SETEX', ['k', 2n ** 63n, 'v'], Errors.notInteger],
  ['SETEX', ['k', '9223372036854775808', 'v'], Errors.notInteger],
  ['SETEX', ['k', true, 'v'], Errors.notInteger],
  ['SETEX', ['k', null, 'v'], Errors.notInteger],
  ['SETEX', ['k', [10], 'v'], Errors.notInteger],
  ['MSET', ['a', 1, 'b', 2], undefined],
  ['MSET', ['a', 1, 'b'], ARITY as ErrorReply],
  ['MSET', ['a', 1, 2, 2], Errors.keyKind],
  ['PING', [], undefined],
  ['PING', ['x'], undefined],
  ['ECHO', [12], undefined],
  ['ECHO', [1.5], Errors.textKind],
  ['ECHO', [null], Errors.textKind],
  ['INFO', [], undefined],
  ['INFO', ['server', 'clients'], undefined],
  ['INFO', ['server', null], Errors.textKind],
  ['HELLO', [], undefined],
  ['HELLO', [1, 'SETNAME', 'x', 'AUTH', 'u', 'p'], undefined],
  ['HELLO', [1, 'AUTH', 'u'], errorReply("Syntax error in HELLO option 'AUTH'")],
  ['CLIENT LIST', ['ID', 1, 2, 3], undefined],
  ['CLIENT LIST', ['ID'], Errors.syntax],
  ['CLIENT LIST', ['ID', 1, 'x'], errorReply('Invalid client ID')],
  ['EXPIRE', ['k', 1, 'XX', 'GT'], undefined],
  [
    'EXPIRE',
    ['k', 1, 'GT', 'LT'],
    errorReply('GT and LT options at the same time are not compatible'),
  ],
  ['EXPIRE', ['k', 1, 'GT', 'x'], errorReply('Unsupported option x')],
])('%s %o', (name, args, reply) => expect(check(name, ...args)).toEqual(reply));

test('lengths of keys and texts', () => {
  expect(check('GET', 'k'.repeat(KEY_BYTES_MAX))).toBeUndefined();
  expect(check('GET', 'k'.repeat(KEY_BYTES_MAX + 1))).toBe(Errors.keyTooLong);
  expect(check('ECHO', 'k'.repeat(TEXT_BYTES_MAX + 1))).toBe(Errors.textTooLong);
  expect(check('SET', 'k', 'v'.repeat(KEY_BYTES_MAX + 1))).toBeUndefined();
});

test('options say where their operands are, and nothing of the request before', () => {
  const Slot = optionSlots('SET');
  check('SET', 'k', 'v', 'EX', 10, 'NX');
  expect(batch.options[Slot.EX]).toBe(batch.at + 4);
  expect(batch.integer((batch.options[Slot.EX] as number) - 1)).toBe(10);
  expect(batch.options[Slot.NX]).toBe(batch.at + 5);
  expect(batch.options[Slot.XX]).toBe(0);
  check('SET', 'k', 'v');
  expect([batch.options[Slot.EX], batch.options[Slot.NX]]).toEqual([0, 0]);
});
