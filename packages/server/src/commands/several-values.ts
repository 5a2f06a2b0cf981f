// Values that are written under a condition, or several in one step.
import { optionSlots } from '@kv/protocol';
import { invalidExpiry } from '../deadline.ts';
import type { Handler, ServerContext } from '../handler.ts';
import { holdsSame } from '../same-value.ts';
import { writeArgument } from '../text-value.ts';
import { expiryReader } from './expiry-options.ts';

const MsetexOption = optionSlots('MSETEX');
const msetexDeadline = expiryReader(MsetexOption);
const GetexOption = optionSlots('GETEX');
const getexDeadline = expiryReader(GetexOption);

export const msetnx: Handler = (request, { keyspace: db }, out) => {
  const { at, size } = request;
  for (let i = 0; i < size; i += 2) if (db.find(request, at + i) !== 0) return out.integer(0);
  for (let i = 0; i < size; i += 2) writeArgument(request, db, at + i, at + i + 1, 0);
  out.integer(1);
};

export function msetex({ keyspaces }: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    const { at, options } = request;
    const deadline = msetexDeadline(request, keyspaces.now);
    if (deadline === undefined) return out.error(invalidExpiry('msetex'));
    const first = at + 1;
    const end = first + 2 * Number(request.integer(at));
    const [nx, xx] = [options[MsetexOption.NX] !== 0, options[MsetexOption.XX] !== 0];
    for (let key = first; key < end && (nx || xx); key += 2)
      if ((db.find(request, key) !== 0) === nx) return out.integer(0);
    const keeps = options[MsetexOption.KEEPTTL] !== 0;
    for (let key = first; key < end; key += 2) {
      const old = keeps ? db.find(request, key) : 0;
      writeArgument(request, db, key, key + 1, old === 0 ? deadline : db.deadlineOf(old));
    }
    out.integer(1);
  };
}

export function getex({ keyspaces, statistics }: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    const { at: key, options } = request;
    const { now } = keyspaces;
    const deadline = getexDeadline(request, now);
    if (deadline === undefined) return out.error(invalidExpiry('getex'));
    const ref = db.find(request, key);
    if (ref === 0) {
      statistics.keyspaceMisses++;
      return out.absent();
    }
    statistics.keyspaceHits++;
    out.value(db, ref);
    if (deadline !== 0 && deadline <= now) db.remove(request, key);
    else if (deadline !== 0) db.setDeadline(request, key, deadline);
    else if (options[GetexOption.PERSIST] !== 0 && db.deadlineOf(ref) !== 0)
      db.setDeadline(request, key, 0);
  };
}

export const delifeq: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  const ref = db.find(request, key);
  if (ref === 0 || !holdsSame(db, ref, request, key + 1)) return out.integer(0);
  db.remove(request, key);
  out.integer(1);
};
