import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** The one user there is, by Redis's name for it. */
const USER = 'default';

/** Whether a name and a password let a client in. */
export class CredentialCheck {
  private expected: Buffer | undefined;

  /** @param password - `undefined` or empty: everybody is let in */
  constructor(password: string | undefined) {
    this.password = password;
  }

  /** Changes it for whoever signs in from now on. */
  set password(password: string | undefined) {
    this.expected = password ? digest(password) : undefined;
  }

  /** Whether clients have to sign in at all. */
  get required(): boolean {
    return this.expected !== undefined;
  }

  /** Compares digests in constant time; without a password set, any password is right. */
  accepts(user: string, password: string): boolean {
    if (user !== USER) return false;
    return this.expected === undefined || timingSafeEqual(this.expected, digest(password));
  }
}
