/** Work that takes a while, as far as it has come. */
export interface Progress {
  readonly entries: number;
  /** 0 to 1. */
  readonly fraction: number;
}

/** Shows a line of progress on a terminal and takes it away again. */
export interface ProgressLine {
  show(progress: Progress): void;
  end(): void;
}

/** Short work shows nothing; a line is drawn no more often than this. */
const QUIET_MS = 500;
const REDRAW_MS = 100;
const BAR_WIDTH = 24;

const count = new Intl.NumberFormat('en');

/**
 * A progress line such as `loading ████████░░░░  33%  1,200,000 keys  800,000/s`.
 * Draws nothing where the output is no terminal.
 */
export function progressLine(
  what: string,
  output: NodeJS.WriteStream,
  monotonic: () => number = () => performance.now(),
): ProgressLine {
  let startedAt: number | undefined;
  let drawnAt = 0;
  let drawn = false;
  return {
    show({ entries, fraction }) {
      const now = monotonic();
      if (startedAt === undefined) {
        startedAt = now;
        drawnAt = now + QUIET_MS - REDRAW_MS;
      }
      if (!output.isTTY || now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      drawn = true;
      const full = Math.round(Math.min(1, fraction) * BAR_WIDTH);
      const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
      const rate = Math.round((entries / Math.max(1, now - startedAt)) * 1000);
      const percent = String(Math.floor(fraction * 100)).padStart(3);
      output.write(
        `\r\u001b[2K${what} ${bar} ${percent}%  ${count.format(entries)} keys  ${count.format(rate)}/s`,
      );
    },
    end() {
      if (drawn) output.write('\r\u001b[2K');
      drawn = false;
      startedAt = undefined;
    },
  };
}
