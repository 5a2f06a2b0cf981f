import { fstatSync, writeSync } from 'node:fs';

/** Takes whole lines of the log. */
export interface LogOutput {
  write(line: string): void;
}

/** Who hears of a log's troubles, and of its lines. */
export interface LogOutputEvents {
  /** A line is about to be written; a progress line makes room for it. */
  beforeLine(): void;
  /** Lines are being lost from now on; told once, until one arrives again. */
  lost(error: Error): void;
}

/**
 * The log's lines on the process's standard output. A log that can't be written, because
 * its reader has gone away or the disk is full, never stops the server: lines are dropped
 * until it can be written again.
 */
export function logOutput(
  stream: NodeJS.WriteStream & { readonly fd?: number },
  events: LogOutputEvents,
): LogOutput {
  let losing = false;
  const lost = (error: Error): void => {
    if (!losing) events.lost(error);
    losing = true;
  };
  const write = isStreamed(stream) ? toStream(stream, lost) : toFile(stream.fd ?? 1);
  return {
    write(line) {
      events.beforeLine();
      try {
        if (write(line)) losing = false;
      } catch (error) {
        lost(error as Error);
      }
    },
  };
}

/** Terminals, pipes and sockets; all others are files. */
function isStreamed({ isTTY, fd = 1 }: NodeJS.WriteStream & { readonly fd?: number }): boolean {
  if (isTTY) return true;
  const stats = fstatSync(fd);
  return stats.isFIFO() || stats.isSocket();
}

/** A stream that has failed stays failed: whoever read it does not come back. */
function toStream(
  stream: NodeJS.WriteStream,
  lost: (error: Error) => void,
): (line: string) => boolean {
  let failed = false;
  stream.on('error', (error) => {
    failed = true;
    lost(error);
  });
  return (line) => {
    if (!failed) stream.write(line);
    return !failed;
  };
}

/** A full disk may have room again, so every line is tried; the stream of a file would give up. */
function toFile(fd: number): (line: string) => boolean {
  return (line) => {
    const bytes = Buffer.from(line);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    return true;
  };
}
