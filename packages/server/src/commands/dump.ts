// DUMP and RESTORE. The payload: a version, the entry's type and encoding, a byte each; the
// value; and the CRC-32 of all that, in little endian.
import { crc32 } from 'node:zlib';
import { Encoding, EntryType, type ErrorReply, errorReply, optionSlots } from '@kv/protocol';
import { deadlineOf, invalidExpiry, MILLISECONDS, UNIX_MILLISECONDS } from '../deadline.ts';
import type { Handler, ServerContext } from '../handler.ts';

const Option = optionSlots('RESTORE');

const VERSION = 1;
const HEAD_BYTES = 3;
const CHECKSUM_BYTES = 4;

const BAD_PAYLOAD = errorReply('DUMP payload version or checksum are wrong');
const BAD_TTL = errorReply('Invalid TTL value, must be >= 0');
const BAD_IDLE_TIME = errorReply('Invalid IDLETIME value, must be >= 0');
const BAD_FREQUENCY = errorReply('Invalid FREQ value, must be >= 0 and <= 255');
const BUSY_KEY = errorReply('Target key name already exists.', 'BUSYKEY');

export const dump: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0) return out.absent();
  const value = db.valueView(ref);
  const end = HEAD_BYTES + value.length;
  const payload = new Uint8Array(end + CHECKSUM_BYTES);
  payload.set([VERSION, db.typeOf(ref), db.encodingOf(ref)]);
  payload.set(value, HEAD_BYTES);
  new DataView(payload.buffer).setUint32(end, crc32(payload.subarray(0, end)), true);
  out.bytes(payload);
};

/** What a payload holds; `undefined` if it is none of ours, or damaged. */
function parse(payload: Uint8Array): { encoding: Encoding; value: Uint8Array } | undefined {
  const end = payload.length - CHECKSUM_BYTES;
  if (end < HEAD_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (view.getUint32(end, true) !== crc32(payload.subarray(0, end))) return undefined;
  const [version, type, encoding = 0] = payload;
  if (version !== VERSION || type !== EntryType.STRING || encoding > Encoding.VALUE)
    return undefined;
  return { encoding: encoding as Encoding, value: payload.subarray(HEAD_BYTES, end) };
}

export function restore({ keyspaces }: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    const { at: key, options } = request;
    const number = (slot: number): number =>
      Number(request.integer((options[slot] as number) - 1) ?? 0);
    const refusal = badHint(
      options[Option.IDLETIME] === 0 ? 0 : number(Option.IDLETIME),
      options[Option.FREQ] === 0 ? 0 : number(Option.FREQ),
    );
    if (refusal !== undefined) return out.error(refusal);
    const exists = db.find(request, key) !== 0;
    if (exists && options[Option.REPLACE] === 0) return out.error(BUSY_KEY);
    const ttl = request.integer(key + 1) as number | bigint;
    if (ttl < 0) return out.error(BAD_TTL);
    const entry = request.isText(key + 2) ? parse(request.range(key + 2)) : undefined;
    if (entry === undefined) return out.error(BAD_PAYLOAD);
    const { now } = keyspaces;
    const unit = options[Option.ABSTTL] === 0 ? MILLISECONDS : UNIX_MILLISECONDS;
    const deadline = Number(ttl) === 0 ? 0 : deadlineOf(ttl, unit, now);
    if (deadline === undefined) return out.error(invalidExpiry('restore'));
    const { encoding, value } = entry;
    if (deadline !== 0 && deadline <= now) db.remove(request, key);
    else db.set(request, key, value, 0, value.length, encoding, deadline);
    out.status('OK');
  };
}

/** What is wrong with what IDLETIME and FREQ say. */
function badHint(idleTime: number, frequency: number): ErrorReply | undefined {
  if (idleTime < 0) return BAD_IDLE_TIME;
  return frequency < 0 || frequency > 255 ? BAD_FREQUENCY : undefined;
}
