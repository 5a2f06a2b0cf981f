/** Limits of the server that are not options of their own. */

/** Time that a new connection has for its HELLO (and, with a password, to sign in). */
export const HANDSHAKE_MS_MAX = 10_000;

/**
 * Replies that may wait for a client to read them; over it, nothing more of its requests is executed. A client that has
 * taken so much in one turn lets others go first.
 */
export const OUTPUT_BYTES_MAX = 1024 * 1024;

/** Full reads in a row after which a client lets others go first: 256 KiB. */
export const FULL_READS_MAX = 4;

/** A client that reads nothing for so long while its replies wait is cut off. */
export const OUTPUT_STALL_MS_MAX = 30_000;

/** How often the limits in time are looked at. */
export const HOUSEKEEPING_MS = 1_000;

/** Entries that one slice of long work (KEYS) visits before others have their turn. */
export const SLICE_ENTRIES = 1_000;

/** The same where each may be deleted, which takes longer. */
export const SLICE_DELETIONS = 250;

/** Bytes of commands that one transaction may hold: twice the largest value. */
export const QUEUED_BYTES_MAX = 1024 * 1024 * 1024;

/** Messages that may wait for a subscriber who does not take them; over it, the subscriber is cut off. */
export const PUSH_BYTES_MAX = 32 * 1024 * 1024;

/** The pause before a failed sign-in is answered. */
export const SIGN_IN_PAUSE_MS = 100;

/** A client that leaves a request unfinished has to send this much of it... */
export const INPUT_BYTES_MIN = 1024;

/** ...in this time, or is cut off: a byte a second holds no connection. */
export const INPUT_STALL_MS_MAX = 30_000;

/** What is read ahead of a client while its reply is parked, so that its leaving is noticed. */
export const INPUT_AHEAD_BYTES_MAX = 64 * 1024;

/** Time that a client has to close its side after the server has closed its own. */
export const LINGER_MS_MAX = 5_000;

/** The most entries that one SCAN visits, whatever COUNT asks for: others wait meanwhile. */
export const SCAN_COUNT_MAX = 10_000;

/**
 * What one client sends at once is gathered with what others send up to this; more has a turn of its own:
 * it is a batch by itself, and would be read in vain where it doesn't fit behind what others have sent.
 */
export const GATHERED_BYTES_MAX = 2 * 1024;

/** Requests that are looked up together: what is touched for them has to stay in the second cache. */
export const BATCH_ROWS = 128;
