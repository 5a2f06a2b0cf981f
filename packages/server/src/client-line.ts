import { COMPILED } from '@kv/protocol';
import { commandTitle } from './command-title.ts';
import type { Session } from './session.ts';

const PROTOCOLS = ['', 'native', '2', '3'];

const titleOf = (id: number): string => {
  const command = COMPILED[id];
  return command === undefined ? 'NULL' : commandTitle(command);
};

/** A client as a line of CLIENT LIST: `name=value` pairs, with Redis's names for them. */
export function clientLine(session: Session, now: number): string {
  const seconds = (since: number): number => Math.max(0, Math.floor((now - since) / 1000));
  const flags = `${session.monitoring ? 'O' : ''}${session.subscriptions ? 'P' : ''}${session.noEvict ? 'e' : ''}${session.noTouch ? 'T' : ''}`;
  const { input, output } = session.holds();
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', session.id],
    ['addr', session.address],
    ['laddr', session.localAddress],
    ['name', session.name],
    ['age', seconds(session.connectedAt)],
    ['idle', seconds(session.lastActiveAt)],
    ['flags', flags === '' ? 'N' : flags],
    ['db', session.database],
    ['sub', session.subscriptions?.channels.size ?? 0],
    ['psub', session.subscriptions?.patterns.size ?? 0],
    ['ssub', session.subscriptions?.shardChannels.size ?? 0],
    ['multi', session.transaction?.size ?? -1],
    ['qbuf', input],
    ['omem', output],
    ['tot-mem', input + output],
    ['cmd', titleOf(session.lastCommand)],
    ['user', session.authenticated ? 'default' : '(none)'],
    ['resp', PROTOCOLS[session.protocol] as string],
    ['lib-name', session.libraryName],
    ['lib-ver', session.libraryVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ');
}
