/** The limits of the log, each with its reason. LOG.md lists those of the format. */

/** A record's payload length has 32 bits. */
export const LOG_RECORD_BYTES_MAX = 2 ** 32 - 1;

/** Beyond this a turn's effects are divided: with the largest effect a record stays below 2^32. */
export const LOG_RECORD_SPLIT_BYTES = 2 ** 30;

/** The largest integer that a JavaScript number holds exactly. */
export const LOG_SEGMENT_NUMBER_MAX = Number.MAX_SAFE_INTEGER;

/** How often `everysec` makes the log durable. */
export const SYNC_INTERVAL_MS = 1_000;

/**
 * How often `no` does: the kernel's own habit. Nobody waits for it; without it no record could say what is on
 * disk, and damage could not be told from a torn tail.
 */
export const LAZY_SYNC_INTERVAL_MS = 30_000;

/** An fsync of `everysec` that takes longer than this holds replies back: Redis delays writes likewise. */
export const SYNC_LATE_MS = 2_000;

/** When so much waits to be written replies are held back until it is: the disk is slower than the clients. */
export const BACKLOG_BYTES_MAX = 16 * 1024 * 1024;

/** With `always`, how long those who were released last are waited for, so that one fsync serves all. */
export const GATHER_MS_MAX = 2;
export const GATHER_TURNS_MAX = 200;

/**
 * With `always` nobody is answered before the fsync, so the event loop may as well wait for a disk that took no
 * longer than this the last time: that spares two ways to another thread and back. A slower one is not waited for.
 */
export const SYNC_NOW_MS_MAX = 2;
/** Nor is a larger record written so. */
export const WRITE_NOW_BYTES_MAX = 256 * 1024;

/**
 * With the other policies a write is a copy into the system's memory, so the event loop makes it itself; but when
 * one took longer than this, because the system had no room before it had brought other bytes to the disk...
 */
export const WRITE_NOW_MS_MAX = 2;
/** ...another thread waits for those of the time that follows. */
export const SLOW_WRITES_MS = 1_000;

/** With `always`, by how much a segment is made longer than it has to be, whenever it has used that up. */
export const ROOM_BYTES = 256 * 1024;

/** A failed write is tried again after this. */
export const WRITE_RETRY_MS = 1_000;

/** A failed rewrite that nobody asked for is tried again after this, and then twice as late each time... */
export const REWRITE_RETRY_MS = 60_000;
/** ...up to this. Redis does likewise. */
export const REWRITE_RETRY_MS_MAX = 3_600_000;
