import type { Keyspace } from './ports.ts';

/** What the server knows of one client, whatever carries its bytes. */
export class Session {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly connectedAt: number;
  database = 0;
  keyspace: Keyspace;
  name = '';
  /** HELLO has been answered. */
  greeted = false;
  authenticated: boolean;
  /** No more requests are executed; the connection closes when its replies are sent. */
  closing = false;
  lastCommand = '';
  /** Unix milliseconds of the last request. */
  lastActiveAt: number;

  constructor(options: {
    id: number;
    address: string;
    localAddress: string;
    now: number;
    keyspace: Keyspace;
    authenticated: boolean;
  }) {
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
}
