/** Limits of the server that are not options of their own. */

/** Time that a new connection has for its HELLO (and, with a password, to sign in). */
export const HANDSHAKE_MS_MAX = 10_000;

/** Replies that may wait for a client to read them; over it, nothing more of its requests is executed. */
export const OUTPUT_BYTES_MAX = 1024 * 1024;

/** A client that reads nothing for so long while its replies wait is cut off. */
export const OUTPUT_STALL_MS_MAX = 30_000;

/** How often the limits in time are looked at. */
export const HOUSEKEEPING_MS = 1_000;

/** Entries that one slice of long work (KEYS) visits before others have their turn. */
export const SLICE_ENTRIES = 1_000;

/** The pause before a failed sign-in is answered. */
export const SIGN_IN_PAUSE_MS = 100;
