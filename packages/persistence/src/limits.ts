/** The limits of the format and of this package, each with its reason. SNAPSHOT.md lists the former. */

/** A key's length has 29 bits in a record; Redis allows 512 MiB. */
export const KEY_BYTES_MAX = 2 ** 29 - 1;

/** Twice what Redis allows. Key and value together stay below 2^31, which every platform can address. */
export const VALUE_BYTES_MAX = 2 ** 30;

/** A database number has 16 bits in a record. */
export const DATABASE_MAX = 65_535;

/** Types and encodings have a byte each. */
export const TYPE_MAX = 255;
export const ENCODING_MAX = 255;

/** The largest integer that a JavaScript number holds exactly. */
export const DEADLINE_MAX = Number.MAX_SAFE_INTEGER;

/** What a reader must be able to hold of a block with several records. */
export const BLOCK_PAYLOAD_BYTES_MAX = 1024 * 1024;

/** What the writer fills: large enough for few system calls, small enough to decode in a millisecond. */
export const BLOCK_PAYLOAD_BYTES = 256 * 1024;

/** Blocks that the writer hands to the file system at once. */
export const BLOCKS_PER_WRITE = 4;

/** A block's index has 32 bits, and the footer takes one more. */
export const BLOCKS_MAX = 2 ** 32 - 1;

/** One read or write call moves at most this much, so that checksumming it holds the loop briefly. */
export const IO_CHUNK_BYTES_MAX = 4 * 1024 * 1024;

/** How long a save may hold the event loop at a stretch. */
export const SLICE_MS = 2;

/** Redis's CONFIG_BGSAVE_RETRY_DELAY: how long after a failed save an automatic one is tried again. */
export const RETRY_DELAY_MS = 5_000;

/** setTimeout takes 31 bits and fires at once beyond; a longer wait is made of several. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** No save point is longer than Redis's own type (a C `time_t` kept in an int) can express. */
export const SAVE_POINT_SECONDS_MAX = 2 ** 31 - 1;
export const SAVE_POINT_CHANGES_MAX = 2 ** 31 - 1;
