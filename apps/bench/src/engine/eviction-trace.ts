import { load, type PipelinedConnection, RequestTemplate } from '../pipelined-connection.ts';
import { progress } from './progress.ts';
import { randomFractions, zipf } from './random.ts';

const EXPONENT = 0.9;
const VALUE_BYTES = 64;
const BATCH = 100;

/** The keys that are read, one after the other: the same in every run. */
export class Trace {
  readonly keyCount: number;
  readonly keys: Int32Array;

  constructor(keyCount: number, length: number) {
    const draw = zipf(keyCount, EXPONENT, randomFractions(7_368_787));
    this.keyCount = keyCount;
    this.keys = Int32Array.from({ length }, draw);
  }

  get length(): number {
    return this.keys.length;
  }

  /** Sets the first `count` keys, as the trace's misses would. */
  load(connection: PipelinedConnection, count: number): Promise<void> {
    const set = setTemplate(connection);
    return load(connection, { count, template: () => set, key: (i) => i });
  }
}

function setTemplate({ dialect }: PipelinedConnection): RequestTemplate {
  return new RequestTemplate(dialect, 'SET', Buffer.alloc(VALUE_BYTES, 'v'));
}

/**
 * Reads the first `requests` keys of a trace in batches, and writes what was missing.
 * Answers the share of hits in the second half, in percent.
 */
export async function replay(
  { keys }: Trace,
  requests: number,
  connection: PipelinedConnection,
  name: string,
): Promise<number> {
  const get = new RequestTemplate(connection.dialect, 'GET');
  const set = setTemplate(connection);
  const buffer = Buffer.allocUnsafeSlow(set.bytes.length * BATCH);
  const sendAll = (template: RequestTemplate, batch: ArrayLike<number>, onAbsent?: OnAbsent) => {
    let at = 0;
    for (let i = 0; i < batch.length; i++) at = template.writeTo(buffer, at, batch[i] as number);
    return connection.send(buffer.subarray(0, at), batch.length, onAbsent);
  };
  const report = progress(name, requests);
  let read = 0;
  let missed = 0;
  for (let first = 0; first < requests; first += BATCH) {
    const batch = keys.subarray(first, Math.min(requests, first + BATCH));
    const absent: number[] = [];
    await sendAll(get, batch, (place) => absent.push(batch[place] as number));
    if (absent.length > 0) await sendAll(set, absent);
    report(first);
    if (first < requests / 2) continue;
    read += batch.length;
    missed += absent.length;
  }
  return 100 * (1 - missed / read);
}

type OnAbsent = (place: number) => void;
