/** Finds the next whole block behind one that is damaged, so that the rest of a snapshot can be saved. */
import { crc32 } from 'node:zlib';
import type { OpenFile } from './file-system.ts';
import { FRAME, FRAME_BYTES, KIND_FOOTER, KIND_RECORDS } from './layout.ts';

/** Looked at in one go. */
const STEP_BYTES = 256 * 1024;

/** A frame whose checksum fits. */
export interface FoundFrame {
  readonly offset: number;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * The first frame at `from` or behind it that belongs to the snapshot of this salt and whose block comes after
 * `index`; `undefined` when there is none.
 */
export async function findFrame(
  file: OpenFile,
  size: number,
  { from, index, salt }: { readonly from: number; readonly index: number; readonly salt: number },
): Promise<FoundFrame | undefined> {
  const bytes = new Uint8Array(STEP_BYTES + FRAME_BYTES - 1);
  for (let start = from; size - start >= FRAME_BYTES; start += STEP_BYTES) {
    const length = await fill(file, bytes.subarray(0, Math.min(bytes.length, size - start)), start);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + FRAME_BYTES <= length; at += 1) {
      // Flags and reserved bits are 0, so that few places need a checksum.
      const kind = view.getUint32(at, true);
      if (kind !== KIND_RECORDS && kind !== KIND_FOOTER) continue;
      if (view.getUint32(at + FRAME.index, true) < index) continue;
      const frame = bytes.slice(at, at + FRAME_BYTES);
      const checksum = crc32(frame.subarray(0, FRAME.checksum), salt);
      if (checksum !== view.getUint32(at + FRAME.checksum, true)) continue;
      return { offset: start + at, index: view.getUint32(at + FRAME.index, true), bytes: frame };
    }
  }
  return undefined;
}

async function fill(file: OpenFile, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(into.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}
