/** Work that takes a while, as far as it has come. */
export interface Progress {
  readonly entries: number;
  /** 0 to 1. */
  readonly fraction: number;
}

/** Shows a line of progress on a terminal and takes it away again. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Takes the line away until the next `show`: something else is about to be written. */
  hide(): void;
  /** The work is done. */
  end(): void;
}

/** Short work shows nothing; a line is drawn no more often than this. */
const QUIET_MS = 200;
const REDRAW_MS = 100;
const BAR_WIDTH = 24;
/** Of a terminal that does not tell. */
const WIDTH = 80;
/** To the beginning of the line, and the line away. */
const ERASE = '\r\u001b[2K';

const count = new Intl.NumberFormat('en');

/** Where a progress line is drawn. */
export interface ProgressTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * A progress line such as `loading ████████░░░░  33%  1,200,000 keys  800,000/s`.
 * Draws nothing where the output is no terminal.
 */
export function progressLine(
  what: string,
  output: ProgressTarget,
  monotonic: () => number = () => performance.now(),
): ProgressLine {
  let startedAt: number | undefined;
  let drawnAt = 0;
  let drawn = false;
  const hide = (): void => {
    if (drawn) output.write(ERASE);
    drawn = false;
  };
  return {
    hide,
    show(progress) {
      const now = monotonic();
      if (startedAt === undefined) {
        startedAt = now;
        drawnAt = now + QUIET_MS - REDRAW_MS;
      }
      if (output.isTTY !== true || now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      drawn = true;
      // A line that is wider than the terminal would wrap, and could not be erased.
      const width = (output.columns || WIDTH) - 1;
      output.write(`${ERASE}${text(what, progress, now - startedAt).slice(0, width)}`);
    },
    end() {
      hide();
      startedAt = undefined;
    },
  };
}

function text(what: string, { entries, fraction }: Progress, elapsedMs: number): string {
  // More may be there than a header announced.
  const done = Math.min(1, Math.max(0, fraction));
  const full = Math.round(done * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  const percent = String(Math.floor(done * 100)).padStart(3);
  const rate = Math.round((entries / Math.max(1, elapsedMs)) * 1000);
  return `${what} ${bar} ${percent}%  ${count.format(entries)} keys  ${count.format(rate)}/s`;
}
