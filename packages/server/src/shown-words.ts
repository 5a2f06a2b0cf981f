// A request as SLOWLOG and MONITOR show it: without what nobody but the server is to know.
import {
  type Argument,
  ArgumentForm,
  ByteWriter,
  COMPILED,
  type CompiledCommand,
  type RequestBatch,
  writeValueText,
} from '@kv/protocol';

const encoder = new TextEncoder();
const REDACTED = encoder.encode('(redacted)');
/** The text of a typed value that is longer than anybody wants to see. */
const LONG_VALUE = encoder.encode('(value)');

/** How much is shown. */
export interface ShownLimits {
  readonly words: number;
  readonly bytes: number;
}

/** The words of a request, copied; the first is the command's name as the table has it. */
export function shownWords(
  id: number,
  request: RequestBatch,
  row: number,
  limits: ShownLimits,
): Uint8Array[] {
  const command = COMPILED[id] as CompiledCommand;
  const first = request.first[row] as number;
  const count = request.count[row] as number;
  const isSecret = secretsOf(command, request, first, count);
  const words: Uint8Array[] = [encoder.encode(command.row.name.split(' ')[0])];
  const total = count + 1;
  const shown = total > limits.words ? limits.words - 1 : total;
  for (let i = 0; i < shown - 1; i++)
    words.push(isSecret(i) ? REDACTED : shortened(request, first + i, limits.bytes));
  if (shown < total) words.push(encoder.encode(`... (${total - shown} more arguments)`));
  return words;
}

/** Which arguments of a request are secret, by their number. */
function secretsOf(
  { row, container }: CompiledCommand,
  request: RequestBatch,
  first: number,
  count: number,
): (argument: number) => boolean {
  const isSecret = ({ secret }: Argument): boolean => secret === true;
  const { args, repeat, options = [] } = row;
  const groups = options.filter((group) => Object.values(group).flat().some(isSecret));
  if (!args.some(isSecret) && groups.length === 0) return () => false;
  const skipped = container === undefined ? 0 : 1;
  const hidden = new Set<number>();
  for (let i = skipped; i < count; i++) {
    const place = repeat ? (i - skipped) % args.length : i - skipped;
    if (args[place]?.secret) hidden.add(i);
    const token = request.isText(first + i) ? request.text(first + i).toUpperCase() : '';
    for (const group of groups)
      for (const [j, operand] of (Object.hasOwn(group, token) ? group[token] : [])?.entries() ?? [])
        if (isSecret(operand)) hidden.add(i + 1 + j);
  }
  return (argument) => hidden.has(argument);
}

function shortened(request: RequestBatch, argument: number, bytesMax: number): Uint8Array {
  const form = request.form[argument] as number;
  if (form === ArgumentForm.INTEGER) return encoder.encode(request.text(argument));
  if (form >= ArgumentForm.VALUE) {
    const text = new ByteWriter();
    const fits = writeValueText(request.range(argument), text, bytesMax);
    return fits ? text.copy() : LONG_VALUE;
  }
  const bytes = request.range(argument);
  if (bytes.length <= bytesMax) return bytes.slice();
  const rest = encoder.encode(`... (${bytes.length - bytesMax} more bytes)`);
  const short = new Uint8Array(bytesMax + rest.length);
  short.set(bytes.subarray(0, bytesMax));
  short.set(rest, bytesMax);
  return short;
}
