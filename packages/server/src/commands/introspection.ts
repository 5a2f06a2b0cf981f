import {
  COMPILED,
  type CompiledCommand,
  commandId,
  compiledNamed,
  containerOf,
  Errors,
  errorReply,
  isContainer,
  type ReplyWriter,
  type RequestBatch,
  subcommandsOf,
} from '@kv/protocol';
import { commandTitle } from '../command-title.ts';
import { matchesGlob } from '../glob.ts';
import type { Handler } from '../handler.ts';
import { writeDocs } from './command-docs.ts';
import { categoriesOf, writeKeySpecs } from './key-specs.ts';

const NO_KEYS = errorReply('The command has no key arguments');
const BAD_COMMAND = errorReply('Invalid command specified');
const BAD_ARITY = errorReply('Invalid number of arguments specified for command');

const encoder = new TextEncoder();

/** A name that can be called: a command, or a container with its subcommands. */
interface Entry {
  readonly name: string;
  readonly compiled: CompiledCommand | undefined;
  readonly subcommands: readonly CompiledCommand[];
}

function entry(name: string): Entry | undefined {
  const upper = name.toUpperCase();
  const compiled = compiledNamed(upper.replace('|', ' '));
  if (compiled === undefined && !isContainer(upper)) return undefined;
  return { name: upper.toLowerCase(), compiled, subcommands: subcommandsOf(upper) };
}

/** Every command at the top level: containers once, subcommands inside them. */
const ENTRIES: readonly Entry[] = [
  ...new Set(COMPILED.flatMap((c) => (c ? [c.container ?? c.row.name] : []))),
].map((name) => entry(name) as Entry);

export const commandCount: Handler = (_request, _session, out) => out.integer(ENTRIES.length);

export const commandList: Handler = (request, _session, out) => {
  const { at, size } = request;
  const matches = size === 0 ? () => true : listFilter(request.text(at + 1), request.text(at + 2));
  if (matches === undefined) return out.error(Errors.syntax);
  const entries = ENTRIES.filter(matches);
  out.array(entries.length);
  for (const { name } of entries) out.text(name);
};

/** Which commands COMMAND LIST means; `undefined`: there is no filter of that name. */
function listFilter(filter: string, word: string): ((entry: Entry) => boolean) | undefined {
  switch (filter.toUpperCase()) {
    case 'PATTERN': {
      const pattern = encoder.encode(word.toLowerCase());
      return ({ name }) => matchesGlob(pattern, encoder.encode(name));
    }
    case 'ACLCAT':
      return ({ compiled }) => categoriesIn(compiled).includes(`@${word.toLowerCase()}`);
    case 'MODULE':
      return () => false;
    default:
      return undefined;
  }
}

function categoriesIn(compiled: CompiledCommand | undefined): readonly string[] {
  return compiled === undefined ? ['@slow'] : categoriesOf(compiled.row);
}

/** The commands that a request names, or all of them. */
function named(request: RequestBatch): (Entry | undefined)[] {
  if (request.size === 0) return [...ENTRIES];
  return Array.from({ length: request.size }, (_, i) => entry(request.text(request.at + i)));
}

/** COMMAND INFO, and COMMAND, which is the same without names. */
export const commandInfo: Handler = (request, _session, out) => {
  const entries = named(request);
  out.array(entries.length);
  for (const found of entries) {
    if (found === undefined) out.absent();
    else writeInfo(out, found.name, found.compiled, found.subcommands);
  }
};

/** Redis's ten elements: name, arity, flags, keys, categories, tips, key specs, subcommands. */
function writeInfo(
  out: ReplyWriter,
  name: string,
  compiled: CompiledCommand | undefined,
  subcommands: readonly CompiledCommand[],
): void {
  const flags = compiled?.row.flags ?? [];
  out.array(10);
  out.text(name);
  out.integer(compiled?.arity ?? -2);
  out.set(flags.length);
  for (const flag of flags) out.status(flag);
  out.integer(compiled?.firstKey ?? 0);
  out.integer(compiled?.lastKey ?? 0);
  out.integer(compiled?.keyStep ?? 0);
  const categories = categoriesIn(compiled);
  out.set(categories.length);
  for (const category of categories) out.status(category);
  // Tips are for clients of a cluster.
  out.array(0);
  if (compiled === undefined) out.array(0);
  else writeKeySpecs(out, compiled);
  out.array(subcommands.length);
  for (const sub of subcommands) writeInfo(out, commandTitle(sub), sub, []);
}

export const commandDocs: Handler = (request, _session, out) => {
  const entries = named(request).filter((found) => found !== undefined);
  out.map(entries.length);
  for (const { name, compiled, subcommands } of entries) {
    out.text(name);
    writeDocs(out, compiled?.row, subcommands);
  }
};

/** The keys in a whole command, by the positions that the table gives. */
export const commandGetKeys: Handler = (request, _session, out) => {
  const { at, size } = request;
  const found = nestedCommand(request);
  if (found === undefined) return out.error(BAD_COMMAND);
  if (found.firstKey === 0 && !found.row.counted) return out.error(NO_KEYS);
  const words = found.container === undefined ? 1 : 2;
  const count = size - words;
  if (count < found.argumentsMin || count > found.argumentsMax) return out.error(BAD_ARITY);
  if (found.row.counted) return writeCountedKeys(request, found, out);
  const last = found.lastKey < 0 ? size - 1 : found.lastKey;
  const keys: number[] = [];
  for (let i = found.firstKey; i <= last; i += found.keyStep) keys.push(at + i);
  if (!keys.every((key) => request.isText(key))) return out.error(Errors.keyKind);
  out.array(keys.length);
  for (const key of keys) out.bytes(request.range(key));
};

/** Behind the count there are so many groups of arguments. */
function writeCountedKeys(request: RequestBatch, found: CompiledCommand, out: ReplyWriter): void {
  const [, ...places] = found.row.args;
  const first = request.at + 2;
  const end = first + Number(request.integer(first - 1) ?? 0) * places.length;
  if (!(end > first && end <= request.at + request.size)) {
    out.error(BAD_ARITY);
    return;
  }
  const keys: number[] = [];
  for (let a = first; a < end; a++)
    if (places[(a - first) % places.length]?.kind === 'key') keys.push(a);
  out.array(keys.length);
  for (const key of keys) out.bytes(request.range(key));
}

function nestedCommand(request: RequestBatch): CompiledCommand | undefined {
  const { at, size, bytes, offset, length } = request;
  const id = commandId(bytes, offset[at] as number, length[at] as number);
  const container = containerOf(id);
  if (container === undefined) return COMPILED[id];
  return size > 1 ? compiledNamed(`${container} ${request.text(at + 1).toUpperCase()}`) : undefined;
}
