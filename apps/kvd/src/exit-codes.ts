/** Exit codes, from BSD's sysexits.h: a script can tell what went wrong. */
export const ExitCode = {
  OK: 0,
  /** A command answered with an error, or found nothing. */
  FAILURE: 1,
  /** The command line makes no sense. */
  USAGE: 64,
  /** The data on disk is damaged. */
  DATA: 65,
  /** No server answers. */
  UNAVAILABLE: 69,
  /** The port or the data directory is taken. */
  BUSY: 71,
  /** Reading or writing failed. */
  IO: 74,
  /** Not allowed. */
  PERMISSION: 77,
  /** The configuration makes no sense. */
  CONFIG: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
