/** A moment that is known to lie between two others, both included. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** A moment: what a clock that never jumps shows, and the wall clock, which may. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

/** What a key holds. */
export interface Entry {
  readonly value: string;
  /** When it expires, in Unix milliseconds: a time to live counts from a moment that only the server knows. */
  readonly deadline: Window | undefined;
}

/** What the keys of one database hold. */
export type State = ReadonlyMap<string, Entry>;

/** What was read of a key: its value, and what PTTL said. */
export interface Found {
  readonly value: string | undefined;
  readonly ttlMs: number;
}

export const EMPTY: State = new Map();

export function withEntry(state: State, key: string, entry: Entry | undefined): State {
  const next = new Map(state);
  if (entry === undefined) next.delete(key);
  else next.set(key, entry);
  return next;
}

/** A window by so much later. */
export function later({ from, to }: Window, ms: number): Window {
  return { from: from + ms, to: to + ms };
}

/** The states that one may be within a window: each of some keys that may have expired has, or has not. */
export function worlds(state: State, keys: readonly string[], window: Window): readonly State[] {
  let all: readonly State[] = [state];
  for (const key of keys) {
    const deadline = state.get(key)?.deadline;
    if (deadline === undefined || deadline.from > window.to) continue;
    const without = all.map((world) => withEntry(world, key, undefined));
    all = deadline.to <= window.from ? without : [...all, ...without];
  }
  return all;
}

/** A state in which what was read within a window is so; `undefined` if there is none. */
export function fitted(
  state: State,
  found: ReadonlyMap<string, Found>,
  window: Window,
): State | undefined {
  const result = new Map<string, Entry>();
  for (const [key, { value, ttlMs }] of found) {
    const entry = state.get(key);
    if (value === undefined) {
      if (entry !== undefined && (entry.deadline?.from ?? Infinity) > window.to) return undefined;
      continue;
    }
    if (entry?.value !== value) return undefined;
    const { deadline } = entry;
    if (deadline === undefined) {
      if (ttlMs !== -1) return undefined;
      result.set(key, entry);
      continue;
    }
    // It may have expired between the two looks.
    const read = ttlMs === -2 ? deadline : later(window, ttlMs);
    const from = Math.max(deadline.from, read.from);
    const to = Math.min(deadline.to, read.to);
    if (ttlMs === -1 || from > to || to <= window.from) return undefined;
    result.set(key, { value, deadline: { from, to } });
  }
  return result;
}

/** Whether an entry is read as a value at some moment of a window. */
export function mayShow(
  entry: Entry | undefined,
  value: string | undefined,
  { from, to }: Window,
): boolean {
  const { deadline } = entry ?? {};
  if (value === undefined)
    return entry === undefined || (deadline !== undefined && deadline.from <= to);
  return entry?.value === value && (deadline === undefined || deadline.to > from);
}

/** Tells a state from all others. */
export function stateKey(state: State): string {
  return JSON.stringify([...state].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function stateText(state: State): string {
  const shown = [...state]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => {
      const { value, deadline } = entry;
      const text = value.length > 24 ? `${value.slice(0, 24)}… (${value.length})` : value;
      return `${key}=${text}${deadline === undefined ? '' : ` until ${deadline.from}..${deadline.to}`}`;
    });
  return shown.length === 0 ? '(nothing)' : shown.join(', ');
}
