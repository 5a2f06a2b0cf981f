import type { Session } from './session.ts';

/** The kinds of clients that CLIENT LIST and CLIENT KILL tell apart. */
const TYPES = ['normal', 'pubsub', 'replica', 'slave', 'master'] as const;

/** One of them. */
export type ClientType = (typeof TYPES)[number];

/** The kind that a word names, in any case. */
export function clientTypeNamed(word: string): ClientType | undefined {
  return TYPES.find((type) => type === word.toLowerCase());
}

/** What a client is: there are no replicas, and no master. */
export function clientTypeOf({ subscriptions }: Session): ClientType {
  return subscriptions === undefined ? 'normal' : 'pubsub';
}
