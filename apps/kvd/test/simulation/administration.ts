import type { Words } from './operations.ts';

/** What one client asks for, where the policy changes. */
export const POLICY_CHANGES: readonly Words[] = ['always', 'always', 'everysec', 'no'].map(
  (policy) => ['CONFIG', 'SET', 'appendfsync', policy],
);

/** What operators ask for. */
export const ADMINISTRATION: readonly Words[] = [
  ['WAITAOF', '1', '0', '5000'],
  ['SAVE'],
  ['BGSAVE'],
  ['BGREWRITEAOF'],
  ['INFO'],
  ['PING'],
];
