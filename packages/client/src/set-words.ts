import { callOptions, checkOptions } from './check-options.ts';
import { invalid, KvError } from './errors.ts';
import type { SetOptions } from './kv-client.ts';

const SET_OPTIONS = callOptions('ttlMs', 'deadline', 'keepTtl', 'if');

/** The options of `set` as words of SET. */
export function setWords(options: SetOptions, scopeTtlMs: number | undefined): unknown[] {
  checkOptions('set', options, SET_OPTIONS);
  const words: unknown[] = [];
  const { deadline, keepTtl, if: condition } = options;
  const { ttlMs = deadline === undefined && !keepTtl ? scopeTtlMs : undefined } = options;
  const expiries = Number(ttlMs !== undefined) + Number(deadline !== undefined) + Number(!!keepTtl);
  if (expiries > 1)
    throw new KvError('INVALID_ARGUMENT', 'ttlMs, deadline and keepTtl exclude each other');
  if (ttlMs !== undefined) words.push('PX', ttlMs);
  if (deadline !== undefined) words.push('PXAT', deadline);
  if (keepTtl) words.push('KEEPTTL');
  if (condition !== undefined) words.push(...conditionWords(condition));
  return words;
}

function conditionWords(condition: NonNullable<SetOptions['if']>): unknown[] {
  if (condition === 'absent') return ['NX'];
  if (condition === 'present') return ['XX'];
  if (typeof condition === 'object' && condition !== null && condition.equals !== undefined)
    return ['IFEQ', condition.equals];
  throw invalid('if', condition, "'absent', 'present' or { equals: a value }");
}
