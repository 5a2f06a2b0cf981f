import type { Socket } from 'node:net';
import type { ListenEvents, Listener, ListenOptions, Network, ReadTarget } from '@kv/server';
import type { Random } from '../oracle/random.ts';
import type { Scheduler } from './scheduler.ts';
import { type Carrier, SimulatedSocket } from './simulated-socket.ts';

const PORT = 31337;
/** What the network takes of a server's before the client has read it. */
const WINDOWS = [64 * 1024, 64 * 1024, 4 * 1024, 100] as const;

/** Who connects. */
export interface Peer {
  received(bytes: Uint8Array): void;
  /** The connection is gone; `byServer` when that was the server's own doing. */
  closed(byServer: boolean): void;
}

/** The network that one process listens on. Bytes are cut anywhere, and late. */
export class SimulatedNetwork implements Network {
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly links = new Set<Link>();
  private events: ListenEvents | undefined;
  private lastPort = 40_000;

  constructor(scheduler: Scheduler, random: Random) {
    this.scheduler = scheduler;
    this.random = random;
  }

  async listen(_where: ListenOptions, events: ListenEvents): Promise<Listener> {
    this.events = events;
    const close = (closed?: (error?: Error) => void) => {
      this.events = undefined;
      if (closed !== undefined) queueMicrotask(closed);
      return server;
    };
    const server = { close } as Listener['server'];
    return { server, cutOff() {}, address: `127.0.0.1:${PORT}`, port: PORT };
  }

  readInto(accepted: Socket, target: ReadTarget): Socket {
    return (accepted as unknown as SimulatedSocket).readInto(target) as unknown as Socket;
  }

  /** Connects; `undefined` when nobody listens. */
  connect(peer: Peer): Link | undefined {
    const { events } = this;
    if (events === undefined) return undefined;
    const { scheduler, random } = this;
    const link = new Link(scheduler, random, peer, ++this.lastPort, () => this.links.delete(link));
    this.links.add(link);
    events.accept(link.socket as unknown as Socket);
    return link;
  }

  /** The server's process is dead: its system closes what it had open. */
  die(): void {
    this.events = undefined;
    for (const link of this.links) link.orphan();
    this.links.clear();
  }
}

/** One connection. */
export class Link implements Carrier {
  readonly socket: SimulatedSocket;
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly peer: Peer;
  private readonly gone: () => void;
  private readonly windowBytes: number;
  private inbound: Uint8Array = new Uint8Array(0);
  private outbound: Uint8Array = new Uint8Array(0);
  /** What the server waits to get rid of. */
  private held: { readonly bytes: Uint8Array; readonly taken: () => void } | undefined;
  private arriving = false;
  private leaving = false;
  private clientEnds = false;
  private serverEnded = false;
  /** The server's process is dead, or has let go of the socket. */
  private orphaned = false;
  private closed = false;
  private readonly byServer = { value: true };

  constructor(
    scheduler: Scheduler,
    random: Random,
    peer: Peer,
    remotePort: number,
    gone: () => void,
  ) {
    this.scheduler = scheduler;
    this.random = random;
    this.peer = peer;
    this.gone = gone;
    this.windowBytes = random.pick(WINDOWS);
    this.socket = new SimulatedSocket(this, remotePort, PORT);
  }

  /** The client sends. */
  send(bytes: Uint8Array): void {
    this.inbound = joined(this.inbound, bytes);
    this.schedule();
  }

  /** The client has sent all it will, and waits for what it is still owed. */
  end(): void {
    this.clientEnds = true;
    this.schedule();
  }

  /** The network breaks the connection off. */
  cut(): void {
    if (this.closed) return;
    this.orphaned = true;
    this.close(false);
    this.socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  /** The server's process has died: some of what it had sent still arrives. */
  orphan(): void {
    if (this.orphaned) return;
    this.orphaned = true;
    this.byServer.value = false;
    this.held = undefined;
    this.loseSome();
    this.leave();
  }

  /** {@link Carrier} */
  carry(bytes: Uint8Array, taken: () => void): void {
    if (this.outbound.length + bytes.length > this.windowBytes && this.outbound.length > 0) {
      this.held = { bytes, taken };
      return;
    }
    this.outbound = joined(this.outbound, bytes);
    taken();
    this.leave();
  }

  /** {@link Carrier} */
  wanted(): void {
    this.schedule();
  }

  /** {@link Carrier} */
  ended(): void {
    this.serverEnded = true;
    this.leave();
  }

  /** {@link Carrier} */
  destroyed(): void {
    this.gone();
    if (this.orphaned) return;
    this.orphaned = true;
    this.held = undefined;
    if (!this.serverEnded) this.loseSome();
    this.leave();
  }

  /** Of what is on its way to the client a part is lost when the other end dies. */
  private loseSome(): void {
    if (this.random.chance(0.3))
      this.outbound = this.outbound.slice(0, this.random.between(0, this.outbound.length));
  }

  private schedule(): void {
    if (this.arriving || this.orphaned) return;
    this.arriving = true;
    this.scheduler.after(this.delay(), () => {
      this.arriving = false;
      this.arrive();
    });
  }

  private arrive(): void {
    const { socket, inbound } = this;
    if (this.orphaned || !socket.reads) return;
    if (inbound.length === 0) {
      if (this.clientEnds) socket.push(null);
      return;
    }
    const count = socket.arrive(inbound.subarray(0, this.piece(inbound.length)));
    this.inbound = inbound.subarray(count);
    if (this.inbound.length > 0 || this.clientEnds) this.schedule();
  }

  private leave(): void {
    if (this.leaving || this.closed) return;
    this.leaving = true;
    this.scheduler.after(this.delay(), () => {
      this.leaving = false;
      this.deliver();
    });
  }

  private deliver(): void {
    if (this.closed) return;
    const count = this.piece(this.outbound.length);
    const bytes = this.outbound.subarray(0, count);
    this.outbound = this.outbound.subarray(count);
    if (count > 0) this.peer.received(bytes);
    if (this.closed) return;
    const { held } = this;
    if (this.outbound.length === 0 && held !== undefined) {
      this.held = undefined;
      // Copied at this moment: before, the server must not have written over it.
      this.outbound = held.bytes.slice();
      held.taken();
    }
    if (this.outbound.length > 0) this.leave();
    else if (this.orphaned || this.serverEnded) {
      this.close(this.byServer.value);
      // The client closes its side as well.
      if (!this.orphaned) this.end();
    }
  }

  private close(byServer: boolean): void {
    this.closed = true;
    this.peer.closed(byServer);
  }

  /** How many of the bytes that are there go at once. */
  private piece(length: number): number {
    if (length <= 1 || this.random.chance(0.5)) return length;
    return this.random.chance(0.3) ? 1 : this.random.between(1, length);
  }

  private delay(): number {
    return this.random.next() * (this.random.chance(0.05) ? 30 : 0.3);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
