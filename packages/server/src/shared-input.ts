/** What one read takes at most. */
export const READ_BYTES = 64 * 1024;

/** Room in front of a read for the beginning of a request that came before it. */
export const HEADROOM_BYTES = 64 * 1024;

/** Room behind, so that keys at the end can be read by words. */
const SLACK_BYTES = 64;

/**
 * The bytes that all sockets of a server are read into, one at a time: whoever has read
 * uses them before the next does, and copies what it has to keep.
 */
export class SharedInput {
  readonly bytes: Uint8Array = new Uint8Array(HEADROOM_BYTES + READ_BYTES + SLACK_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  /** Where sockets read into. */
  readonly area = this.bytes.subarray(HEADROOM_BYTES, HEADROOM_BYTES + READ_BYTES);
}
