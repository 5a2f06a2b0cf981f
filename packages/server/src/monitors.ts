import type { ReplyWriter, RequestBatch } from '@kv/protocol';
import type { Session } from './session.ts';
import { type ShownLimits, shownWords } from './shown-words.ts';

/** A line has to end: a value of hundreds of megabytes is shown by its beginning. */
const SHOWN: ShownLimits = { words: 1024 * 1024, bytes: 64 * 1024 };

/** The clients that watch what is executed: MONITOR. */
export class Monitors {
  /** Whether there are any: nothing is done for them otherwise. */
  active = false;
  private readonly sessions = new Set<Session>();

  add(session: Session): void {
    session.monitoring = true;
    this.sessions.add(session);
    this.active = true;
  }

  forget(session: Session): void {
    session.monitoring = false;
    this.sessions.delete(session);
    this.active = this.sessions.size > 0;
  }

  /** Shows all of them a command that has been executed; `now` is Unix milliseconds. */
  show(id: number, request: RequestBatch, row: number, session: Session, now: number): void {
    const words = shownWords(id, request, row, SHOWN).map(quoted).join(' ');
    const line = `${(now / 1000).toFixed(6)} [${session.database} ${session.address}] ${words}`;
    const write = (out: ReplyWriter): void => {
      if (out.version > 1) {
        out.status(line);
        return;
      }
      out.push(2);
      out.text('monitor');
      out.text(line);
    };
    for (const monitor of this.sessions) monitor.push(write, line.length);
  }
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x07, '\\a'],
  [0x08, '\\b'],
]);

/** Bytes in quotes, those that are not printable as escapes: as redis-cli reads them. */
function quoted(word: Uint8Array): string {
  let text = '"';
  for (const byte of word) {
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    text +=
      ESCAPES.get(byte) ??
      (isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
  }
  return `${text}"`;
}
