import type { SnapshotEntry } from '../entry.ts';
import { describe } from '../errors.ts';
import { EffectCursor } from './effect-cursor.ts';
import type { EffectSink } from './effect-sink.ts';
import { LogError } from './log-errors.ts';
import { EFFECT_DEADLINE, EFFECT_FLUSH, EFFECT_PUT, EFFECT_REMOVE } from './log-layout.ts';
import type { LogRecord, SegmentReader } from './segment-reader.ts';

/** Gives the effects of records to a sink. */
export class EffectReplay {
  /** Effects given so far. */
  effects = 0;
  private readonly sink: EffectSink;
  private readonly cursor = new EffectCursor();

  constructor(sink: EffectSink) {
    this.sink = sink;
  }

  /**
   * All effects of a record, or, where one makes no sense, none.
   *
   * @throws LogDamagedError; LogError `LOG_RESTORE_FAILED`
   */
  deliver(reader: SegmentReader, { offset, payload }: LogRecord): void {
    const { cursor } = this;
    cursor.reset(payload);
    while (cursor.next());
    if (cursor.fault !== undefined) reader.damaged(offset, cursor.fault);
    cursor.reset(payload);
    try {
      while (cursor.next()) {
        this.apply(payload);
        this.effects += 1;
      }
    } catch (error) {
      throw new LogError(
        'LOG_RESTORE_FAILED',
        `an effect of ${reader.path} could not be replayed: ${describe(error)}`,
        { path: reader.path, cause: error },
      );
    }
  }

  private apply(payload: Uint8Array): void {
    const { sink, cursor } = this;
    const { kind, database, deadline } = cursor;
    const key = payload.subarray(cursor.keyStart, cursor.valueStart);
    if (kind === EFFECT_PUT) {
      const { type, encoding } = cursor;
      const value = payload.subarray(cursor.valueStart, cursor.end);
      sink.restore({ database, key, value, type, encoding, deadline } satisfies SnapshotEntry);
    } else if (kind === EFFECT_DEADLINE) sink.restoreDeadline(database, key, deadline);
    else if (kind === EFFECT_REMOVE) sink.restoreRemoval(database, key);
    else if (kind === EFFECT_FLUSH) sink.restoreFlush(database);
    else sink.restoreSwap(database, cursor.other);
  }
}
