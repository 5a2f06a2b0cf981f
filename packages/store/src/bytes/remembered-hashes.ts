import type { Account } from './account.ts';

/** The upper bits of a hash, which its place does not tell. */
const UPPER_SHIFT = 15;
const SLOTS_MIN = 1024;

/** Remembers the hashes of entries that went, for as long as others do not take their place. */
export class RememberedHashes {
  /** 16 bits of a hash by its lowest bits; 0 is none. */
  private slots = new Uint16Array(0);
  private readonly account: Account;

  constructor(account: Account) {
    this.account = account;
    this.resize(1);
  }

  /** Room for about `count` hashes; what is remembered is forgotten when it changes. */
  resize(count: number): void {
    const size = count === 0 ? 0 : 2 ** Math.ceil(Math.log2(Math.max(SLOTS_MIN, count)));
    if (size !== 0 && size <= this.slots.length) return;
    this.account.add(size * 2 - this.slots.byteLength);
    this.slots = new Uint16Array(size);
  }

  add(hash: number): void {
    this.slots[hash & (this.slots.length - 1)] = upper(hash);
  }

  /** Whether the hash is remembered, in all likelihood; it no longer is afterwards. */
  take(hash: number): boolean {
    const at = hash & (this.slots.length - 1);
    if (this.slots[at] !== upper(hash)) return false;
    this.slots[at] = 0;
    return true;
  }
}

function upper(hash: number): number {
  return (hash >>> UPPER_SHIFT) | 1;
}
