import type { Difference } from './pair.ts';
import type { Script, Step } from './script.ts';

/** Runs a script; answers its first difference. */
export type Run = (script: Script) => Promise<Difference | undefined>;

/** A script and the difference that it ends with. */
export interface Finding {
  readonly script: Script;
  readonly difference: Difference;
}

/**
 * The shortest script found that still ends with a difference: without the steps behind it,
 * then without ever smaller runs of steps (Zeller's delta debugging), then without words.
 */
export async function shrink(script: Script, difference: Difference, run: Run): Promise<Finding> {
  let best: Finding = { script: script.slice(0, difference.at + 1), difference };
  const attempt = async (candidate: Script): Promise<boolean> => {
    const found = await run(candidate);
    if (found === undefined) return false;
    best = { script: candidate.slice(0, found.at + 1), difference: found };
    return true;
  };
  for (let size = best.script.length >> 1; size >= 1; ) {
    let removed = false;
    for (let from = 0; from < best.script.length; ) {
      const { script: before } = best;
      const without = [...before.slice(0, from), ...before.slice(from + size)];
      if (await attempt(without)) removed = true;
      else from += size;
    }
    if (!removed || size > 1) size >>= 1;
  }
  await shortenWords(() => best, attempt);
  return best;
}

/** Leaves out words, from the last of each command on. */
async function shortenWords(
  best: () => Finding,
  attempt: (candidate: Script) => Promise<boolean>,
): Promise<void> {
  for (let at = best().script.length - 1; at >= 0; at--) {
    const step = best().script[at];
    if (step === undefined || 'advanceMs' in step) continue;
    for (let word = step.words.length - 1; word >= 1; word--) {
      const { script } = best();
      const now = script[at];
      if (now === undefined || 'advanceMs' in now) break;
      const shorter: Step = { ...now, words: now.words.filter((_, i) => i !== word) };
      // What is left of a command must not be another failure: its arity, most likely.
      const candidate = script.map((other, i) => (i === at ? shorter : other));
      if (at < script.length - 1) await attempt(candidate);
    }
  }
}
