/**
 * Every limit of the protocol, in one place. A reader checks a limit before it
 * sets memory aside, so an announced length costs nothing by itself.
 */

/** A key, as in Redis Cluster's practice rather than its 512 MiB: index entries stay comparable. */
export const KEY_BYTES_MAX = 1024 * 1024;

/** A value, as in Redis (`proto-max-bulk-len`). */
export const VALUE_BYTES_MAX = 512 * 1024 * 1024;

/** A whole frame: one largest value, its key, and room for the rest of the request. */
export const FRAME_BYTES_MAX = VALUE_BYTES_MAX + KEY_BYTES_MAX + 64 * 1024;

/**
 * A whole reply. It may hold many values (MGET), but what one request makes a server
 * gather in memory has a bound: two largest values.
 */
export const REPLY_BYTES_MAX = 1024 * 1024 * 1024;

/** An argument that is read as text: a name, a pattern, a password, an echoed message. */
export const TEXT_BYTES_MAX = 1024 * 1024;

/** Arguments of one request, its name included, as in Redis. */
export const ARGUMENTS_MAX = 1024 * 1024;

/** Levels of arrays, maps and containers inside one value. JSON in the wild stays far below. */
export const DEPTH_MAX = 128;

/** A batch takes no further request once it holds so many arguments: their places are memory. */
export const BATCH_ARGUMENTS_MAX = 16 * 1024;

/** The first frame, and any frame before authentication: a name and a password fit many times. */
export const UNAUTHENTICATED_FRAME_BYTES_MAX = 16 * 1024;

/** Arguments of a request before authentication, as in Redis 7. */
export const UNAUTHENTICATED_ARGUMENTS_MAX = 10;

/** An inline command (RESP), as in Redis; also what one line of a request's lengths may have. */
export const INLINE_BYTES_MAX = 64 * 1024;

/** A bulk string before authentication (RESP), as in Redis 7. */
export const UNAUTHENTICATED_BULK_BYTES_MAX = 16 * 1024;
