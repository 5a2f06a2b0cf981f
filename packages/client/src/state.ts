/**
 * Where a client stands: `connecting` until the first connection is up, `ready`
 * while there is one, `reconnecting` while there is none, `closing` once `close`
 * was called, `closed` after it or after something that trying again can't mend.
 */
export type ClientState = 'connecting' | 'ready' | 'reconnecting' | 'closing' | 'closed';
