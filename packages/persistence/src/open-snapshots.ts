import type { EntrySink } from './entry.ts';
import { type Environment, resolveEnvironment } from './environment.ts';
import { type LoadResult, verifySnapshot } from './read-snapshot.ts';
import { parseSavePoints } from './save-points.ts';
import type { SnapshotEventListener } from './snapshot-events.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { ownKey, type SnapshotStore, storeSource, type ValueCodec } from './store-entries.ts';
import type { SaveResult } from './write-snapshot.ts';

export interface OpenSnapshotsOptions<V> extends Partial<Environment> {
  /** Made, with its parents, if missing. */
  readonly directory: string;
  /** Default `snapshot.kv`. */
  readonly fileName?: string | undefined;
  readonly store: SnapshotStore<V>;
  /** For instance `{ encode: serialize, decode: deserialize }` of `node:v8`. */
  readonly codec: ValueCodec<V>;
  /**
   * Redis's `save` syntax. Default: no automatic saves. A store does not report its changes by itself:
   * whoever wants save points calls `changed()`.
   */
  readonly savePoints?: string | undefined;
  /** Called synchronously for everything worth a line in a log; must not throw. */
  readonly onEvent?: SnapshotEventListener | undefined;
}

/** What `openSnapshots` answers. */
export interface Snapshots extends AsyncDisposable {
  /** What was loaded; `undefined` when there was no snapshot yet. */
  readonly loaded: LoadResult | undefined;
  /** The keeper underneath: state, progress, save points, `close` without a last save. */
  readonly keeper: SnapshotKeeper;
  /** Saves now. Errors are those of `SnapshotKeeper.save`, and `KEY_NOT_ENCODABLE`. */
  save(): Promise<SaveResult>;
  /** Counts `n` changes towards the save points. */
  changed(n?: number): void;
  /** To be called after `store.clear()`: a running save must not bring back what was cleared. */
  invalidate(): void;
  /** Saves, and ends automatic saves. When the save fails it rejects and may be called again. */
  close(): Promise<void>;
}

/**
 * Lets a store in this process survive a restart: loads its snapshot, and saves it when asked, at save
 * points, and at `close` (`await using` does that).
 *
 * The snapshot is verified as a whole before the store is touched, so that a damaged one changes
 * nothing. A save encodes all values at once, synchronously, because values are held by reference and
 * may be mutated by the application a moment later: it costs the time of encoding and, until the file
 * is written, the memory of all encoded values. Keys are strings; a lone surrogate has no UTF-8 form, and
 * is an error rather than a key that changes.
 *
 * @throws SnapshotError `SNAPSHOT_DAMAGED`, `SNAPSHOT_NEWER`, `SNAPSHOT_READ_FAILED`,
 * `SNAPSHOT_WRITE_FAILED` (the directory), `SNAPSHOT_FOREIGN` (a snapshot that something else wrote),
 * `RESTORE_FAILED` (the codec or the store threw), `SAVE_POINTS_INVALID`, `FILE_NAME_INVALID`.
 *
 * @example
 * const store = new ExpiringKeyValueStore<{ name: string }>();
 * const codec = { encode: serialize, decode: deserialize }; // of node:v8
 * await using snapshots = await openSnapshots({ directory: './data', store, codec });
 * store.set('user:1', { name: 'Alice' }); // there again after a restart
 */
export async function openSnapshots<V>(options: OpenSnapshotsOptions<V>): Promise<Snapshots> {
  const { store, codec } = options;
  const environment = resolveEnvironment(options);
  const keeper = await SnapshotKeeper.open({
    ...environment,
    directory: options.directory,
    fileName: options.fileName ?? 'snapshot.kv',
    source: storeSource(store, codec),
    savePoints: parseSavePoints(options.savePoints ?? ''),
    onEvent: options.onEvent,
  });
  const verified = await verifySnapshot(keeper.path, environment);
  const loaded = verified && (await keeper.load(storeSink(store, codec, keeper.path)));
  const close = () => keeper.close({ running: 'save' });
  return {
    loaded,
    keeper,
    save: () => keeper.save(),
    changed: (n) => keeper.changed(n),
    invalidate: () => keeper.invalidate(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function storeSink<V>(store: SnapshotStore<V>, codec: ValueCodec<V>, path: string): EntrySink {
  return {
    restore(entry) {
      const { deadline } = entry;
      const key = ownKey(entry, path);
      const value = codec.decode(entry.value.slice());
      if (deadline === undefined) store.set(key, value);
      else store.set(key, value, { deadline });
    },
  };
}
