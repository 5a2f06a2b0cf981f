import { Encoding, errorReply, parseDecimal } from '@kv/protocol';
import type { Handler, ServerContext } from '../handler.ts';
import type { Keyspace, Keyspaces } from '../ports.ts';
import { commandHelp } from './help.ts';

/** Redis keeps strings up to here together with their object. */
const EMBEDDED_BYTES_MAX = 44;

const NO_FREQUENCY = errorReply(
  'An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
);
const LFU_NO_IDLE_TIME = errorReply(
  'An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
);
const NO_IDLE_TIME = errorReply('the time of the last use is not kept; OBJECT FREQ counts uses');

/** How Redis would hold a value. */
export function encodingName(db: Keyspace, ref: number): string {
  const bytes = db.valueView(ref);
  const isText = db.encodingOf(ref) !== Encoding.VALUE;
  if (isText && parseDecimal(bytes, 0, bytes.length) !== undefined) return 'int';
  return bytes.length <= EMBEDDED_BYTES_MAX ? 'embstr' : 'raw';
}

const encoding: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0) out.absent();
  else out.text(encodingName(db, ref));
};

const refcount: Handler = (request, { keyspace: db }, out) => {
  if (db.find(request, request.at) === 0) out.absent();
  else out.integer(1);
};

/** Whether eviction goes by how often entries are used, as Redis's answers depend on. */
function countsUses({ evictionPolicy }: Keyspaces): boolean {
  return evictionPolicy.endsWith('-lfu');
}

function frequency({ keyspaces }: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    // Asking is no use of the key.
    keyspaces.touching = false;
    const ref = db.find(request, request.at);
    if (ref === 0) out.absent();
    else if (countsUses(keyspaces)) out.integer(db.frequencyOf(ref));
    else out.error(NO_FREQUENCY);
  };
}

function idletime({ keyspaces }: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    if (db.find(request, request.at) === 0) out.absent();
    else out.error(countsUses(keyspaces) ? LFU_NO_IDLE_TIME : NO_IDLE_TIME);
  };
}

/** Handlers of `protocol/src/commands/object.ts`, row by row. */
export function objectCommands(context: ServerContext) {
  return {
    'OBJECT ENCODING': encoding,
    'OBJECT REFCOUNT': refcount,
    'OBJECT FREQ': frequency(context),
    'OBJECT IDLETIME': idletime(context),
    'OBJECT HELP': commandHelp('OBJECT'),
  };
}
