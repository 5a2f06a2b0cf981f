import { progress } from './progress.ts';
import type { Requests } from './requests.ts';
import type { Subject } from './subjects.ts';

/** Sets all keys from 0 up to a multiple of the tick; answers nanoseconds a set. */
export function fill(subject: Subject, requests: Requests, keyCount: number, what: string): number {
  const report = progress(what, keyCount);
  let elapsed = 0;
  for (let first = subject.size; first < keyCount; first += requests.count) {
    requests.putFrom(first);
    const startedAt = performance.now();
    subject.setAll(requests);
    elapsed += performance.now() - startedAt;
    report(first);
  }
  return (elapsed * 1e6) / keyCount;
}
