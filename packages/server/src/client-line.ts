import type { Session } from './session.ts';

/** A client as a line of CLIENT LIST: `name=value` pairs, with Redis's names for them. */
export function clientLine(session: Session, now: number): string {
  const seconds = (since: number): number => Math.max(0, Math.floor((now - since) / 1000));
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', session.id],
    ['addr', session.address],
    ['laddr', session.localAddress],
    ['name', session.name],
    ['age', seconds(session.connectedAt)],
    ['idle', seconds(session.lastActiveAt)],
    ['flags', 'N'],
    ['db', session.database],
    [
      'cmd',
      session.lastCommand === '' ? 'NULL' : session.lastCommand.toLowerCase().replace(' ', '|'),
    ],
    ['user', session.authenticated ? 'default' : '(none)'],
    ['resp', 'native'],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ');
}
