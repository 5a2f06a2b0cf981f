/**
 * Whether a range of bytes is well-formed UTF-8 (RFC 3629: no overlong form, no
 * surrogate, nothing above U+10FFFF). Runs of ASCII are skipped a word at a time.
 *
 * @example
 * ```ts
 * isUtf8(view, 0, view.byteLength);
 * ```
 */
export function isUtf8(view: DataView, offset: number, length: number): boolean {
  const end = offset + length;
  let at = offset;
  while (at < end) {
    while (at + 4 <= end && (view.getInt32(at, true) & 0x80808080) === 0) at += 4;
    if (at >= end) break;
    const size = sequenceLength(view, at, end);
    if (size === 0) return false;
    at += size;
  }
  return true;
}

/** The length of the well-formed sequence at `at`, or 0. */
function sequenceLength(view: DataView, at: number, end: number): number {
  const lead = view.getUint8(at);
  if (lead < 0x80) return 1;
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > end) return 0;
  const second = view.getUint8(at + 1);
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < size; i++) if ((view.getUint8(at + i) & 0xc0) !== 0x80) return 0;
  return size;
}
