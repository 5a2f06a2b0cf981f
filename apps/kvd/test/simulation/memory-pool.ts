/**
 * The memory of processes that are dead, for those that come after them: new memory for each of hundreds of
 * processes would keep the garbage collector busy.
 */
export class MemoryPool {
  private readonly free = new Map<number, ArrayBuffer[]>();

  /** Memory for one process, which gives all of it back when it is dead. */
  open(): { readonly allocate: (bytes: number) => ArrayBuffer; readonly release: () => void } {
    const taken: ArrayBuffer[] = [];
    return {
      allocate: (bytes) => {
        const buffer = this.free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
        new Uint8Array(buffer).fill(0);
        taken.push(buffer);
        return buffer;
      },
      release: () => {
        for (const buffer of taken.splice(0)) {
          const { byteLength } = buffer;
          this.free.set(byteLength, [...(this.free.get(byteLength) ?? []), buffer]);
        }
      },
    };
  }
}
