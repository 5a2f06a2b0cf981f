import type { Dialect } from './dialects.ts';
import { shownReplies, Violation } from './history.ts';
import type { Words } from './operations.ts';
import type { Link, Peer } from './simulated-network.ts';

/** A server that owes an answer for so long never gives it. */
const SILENCE_MS_MAX = 90_000;

/** Whose connection it is. */
export interface ConnectionOwner {
  readonly name: string;
  readonly now: number;
  note(text: string): void;
  /** The connection is gone, and the server owes so many answers. */
  disconnected(byServer: boolean, owed: number): void;
}

/** Replies that are owed. */
interface Owed {
  readonly count: number;
  readonly since: number;
  readonly what: string;
  readonly done: (replies: readonly unknown[]) => void;
}

/** One connection of a client: what it has asked, and what it is owed. */
export class ClientConnection implements Peer {
  private readonly owner: ConnectionOwner;
  private readonly dialect: Dialect;
  private readonly owed: Owed[] = [];
  private readonly replies: unknown[] = [];
  private link: Link | undefined;

  constructor(owner: ConnectionOwner, dialect: Dialect) {
    this.owner = owner;
    this.dialect = dialect;
  }

  open(link: Link): void {
    this.link = link;
    this.ask(this.dialect.greeting, 'the greeting', () => {});
  }

  /** Sends requests together; `done` gets their replies together. */
  ask(words: readonly Words[], what: string, done: Owed['done'], durable = false): void {
    if (words.length === 0) return;
    this.owed.push({ count: words.length, since: this.owner.now, what, done });
    this.link?.send(this.dialect.encode(words, durable));
  }

  /** Breaks it off. */
  cut(): void {
    this.link?.cut();
  }

  /** Says that nothing more comes. */
  end(): void {
    this.link?.end();
  }

  /** Whether nothing is owed. */
  get idle(): boolean {
    return this.owed.length === 0;
  }

  /** Throws when an answer is overdue. */
  checkPatience(): void {
    const [oldest] = this.owed;
    const { now, name } = this.owner;
    if (oldest === undefined || now - oldest.since < SILENCE_MS_MAX) return;
    throw new Violation(`${name}: no answer to ${oldest.what} for ${SILENCE_MS_MAX} ms`);
  }

  /** {@link Peer} */
  received(bytes: Uint8Array): void {
    const { owner, owed, replies } = this;
    replies.push(...this.dialect.decode(bytes));
    while (replies.length > 0) {
      const [next] = owed;
      if (next === undefined)
        throw new Violation(
          `${owner.name}: a reply that nobody asked for: ${shownReplies(replies)}`,
        );
      if (replies.length < next.count) return;
      owed.shift();
      const own = replies.splice(0, next.count);
      // What the host is like is different everywhere.
      owner.note(`${owner.name} < ${next.what === 'INFO' ? '(information)' : shownReplies(own)}`);
      next.done(own);
    }
  }

  /** {@link Peer} */
  closed(byServer: boolean): void {
    const { owner, owed } = this;
    owner.note(`${owner.name} is disconnected${byServer ? ' by the server' : ''}`);
    owner.disconnected(byServer, owed.length);
  }
}
