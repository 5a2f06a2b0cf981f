import type { CompiledCommand, RequestBatch } from '@kv/protocol';
import type { Keyspace } from './ports.ts';

/** The keys that a command is about to read and that are not there, copied. */
export function missedKeys(
  command: CompiledCommand,
  request: RequestBatch,
  keyspace: Keyspace,
): readonly Uint8Array[] {
  const { row, firstKey, lastKey, keyStep, container } = command;
  // What looks at how an entry is held reads no value.
  const isRead = row.flags.some((flag) => flag === 'readonly') && container === undefined;
  if (firstKey === 0 || !(isRead || readsToo(command, request))) return [];
  const words = container === undefined ? 1 : 2;
  const { at, size } = request;
  const last = row.reads === 'first' ? firstKey : lastKey < 0 ? size + words - 1 : lastKey;
  const missed: Uint8Array[] = [];
  const first = row.reads === 'others' ? firstKey + keyStep : firstKey;
  for (let key = first; key <= last; key += keyStep) {
    const argument = at + key - words;
    if (keyspace.find(request, argument) === 0) missed.push(request.range(argument).slice());
  }
  return missed;
}

/** Whether a command that writes reads as well. */
function readsToo({ row, options }: CompiledCommand, request: RequestBatch): boolean {
  if (row.reads !== undefined) return true;
  const get = options.get('GET');
  return get !== undefined && request.options[get.slot] !== 0;
}
