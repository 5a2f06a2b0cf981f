import type { ErrorReply } from '@kv/protocol';
import type { Reply } from './parked.ts';
import type { Keyspace } from './ports.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Transaction } from './transaction.ts';

/** How a connection talks: 1 is the native protocol, 2 and 3 are those versions of RESP. */
export type ProtocolVersion = 1 | 2 | 3;

/** What a session is made with. */
export interface SessionOptions {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  /** Unix milliseconds. */
  readonly now: number;
  readonly keyspace: Keyspace;
  readonly authenticated: boolean;
}

const NOTHING_HELD = { input: 0, output: 0 };

/** What the server knows of one client, whatever carries its bytes. */
export class Session {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly connectedAt: number;
  protocol: ProtocolVersion = 1;
  database = 0;
  keyspace: Keyspace;
  name = '';
  /** What CLIENT SETINFO said. */
  libraryName = '';
  libraryVersion = '';
  /** HELLO has been answered; RESP connections need none. */
  greeted = false;
  authenticated: boolean;
  /** No more requests are executed; the connection closes when its replies are sent. */
  closing = false;
  /** CLIENT REPLY OFF: nothing is answered. */
  repliesOff = false;
  /** CLIENT REPLY SKIP: the next reply is left out. */
  skipsReply = false;
  noEvict = false;
  /** What is read does not count as used. */
  noTouch = false;
  /** The number of the last command; 0 before the first. */
  lastCommand = 0;
  /** Unix milliseconds of the last request. */
  lastActiveAt: number;
  /** What MULTI has begun. */
  transaction: Transaction | undefined;
  /** Why the beginning of a durable transaction was refused: so is the rest of it. */
  refusal: ErrorReply | undefined;
  /** A watched key has changed: the next EXEC executes nothing. */
  spoiled = false;
  /** EXEC is executing this client's commands: nothing may be answered later. */
  executing = false;
  /** What the client has subscribed to; `undefined` is nothing. */
  subscriptions: Subscriptions | undefined;
  /** Sees what others execute: MONITOR. */
  monitoring = false;
  /** Sends something that answers no request, of about so many bytes. */
  push: (write: Reply, bytes: number) => void = () => {};
  /** Ends what the client waits for, with what there is or with a reply. False: it waits for nothing. */
  unblock: (reply: Reply | undefined) => boolean = () => false;
  /** Whether the client waits for something that {@link Session.unblock} can end. */
  isBlocked: () => boolean = () => false;
  /** Bytes that the connection holds: of requests that are not executed, of replies that are not taken. */
  holds: () => { readonly input: number; readonly output: number } = () => NOTHING_HELD;
  /** Closes the connection, whatever it is doing. */
  disconnect: () => void = () => {};

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.address = options.address;
    this.localAddress = options.localAddress;
    this.connectedAt = options.now;
    this.lastActiveAt = options.now;
    this.keyspace = options.keyspace;
    this.authenticated = options.authenticated;
  }

  /** Past the handshake: the limits of strangers no longer hold. */
  get trusted(): boolean {
    return this.greeted && this.authenticated;
  }

  /** Whatever MULTI has begun is over. */
  leaveTransaction(): void {
    this.transaction = undefined;
    this.refusal = undefined;
  }

  /** RESET: as it was at first, but for the protocol's kind. */
  reset(keyspace: Keyspace, authenticated: boolean): void {
    if (this.protocol !== 1) this.protocol = 2;
    this.database = 0;
    this.keyspace = keyspace;
    this.name = '';
    this.authenticated = authenticated;
    this.leaveTransaction();
    this.repliesOff = false;
    this.skipsReply = false;
    this.noEvict = false;
    this.noTouch = false;
  }
}
