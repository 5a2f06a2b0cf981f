/**
 * A frame is `u32 big-endian length | u8 kind | body`, where the length counts
 * the kind and the body. See FORMAT.md.
 */
export const FRAME_HEADER_BYTES = 5;
/** The length field itself, which the length does not count. */
export const FRAME_LENGTH_BYTES = 4;

export const FrameKind = { REQUEST: 1, REPLY: 2, ERROR: 3, PUSH: 4, DURABLE_REQUEST: 5 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** The version that HELLO agrees on. */
export const NATIVE_VERSION = 1;

/** MessagePack extension types of the wire; those of values are in FORMAT.md. */
export const EXT_VALUE = 1;
export const EXT_ERROR = 2;

/** Makes requests that lie one behind the other durable ones: they are answered when they are on disk. */
export function makeDurable(bytes: Uint8Array, view: DataView, start: number, end: number): void {
  for (let at = start; at < end; at += FRAME_LENGTH_BYTES + view.getUint32(at, false))
    bytes[at + FRAME_LENGTH_BYTES] = FrameKind.DURABLE_REQUEST;
}
