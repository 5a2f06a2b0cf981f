import { type ErrorReply, Errors, errorReply } from '@kv/protocol';
import { clientTypeNamed, clientTypeOf } from '../client-type.ts';
import type { Session } from '../session.ts';

/** Which clients CLIENT KILL means. */
export interface KillFilter {
  matches(session: Session): boolean;
  /** The old form, which names one address. */
  readonly byAddress: boolean;
}

type Test = (session: Session) => boolean;

const BAD_ID = errorReply('client-id should be greater than 0');
const BAD_AGE = errorReply('maxage is not an integer or out of range');

function byType(value: string): Test | ErrorReply {
  const type = clientTypeNamed(value);
  if (type === undefined) return errorReply(`Unknown client type '${value}'`);
  return (session) => clientTypeOf(session) === type;
}

function byId(value: string): Test | ErrorReply {
  const id = /^[0-9]{1,15}$/.test(value) ? Number(value) : 0;
  return id > 0 ? (session) => session.id === id : BAD_ID;
}

function byUser(value: string): Test | ErrorReply {
  if (value !== 'default') return errorReply(`No such user '${value}'`);
  return ({ authenticated }) => authenticated;
}

/** Reads the words of CLIENT KILL: filters and their values, or one address alone. */
export function killFilter(
  words: readonly string[],
  self: Session,
  now: number,
): KillFilter | ErrorReply {
  const [address] = words;
  if (words.length === 1)
    return { byAddress: true, matches: (session) => session.address === address };
  if (words.length % 2 !== 0) return Errors.syntax;
  const tests: Test[] = [];
  let skipsMe = true;
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i + 1] as string;
    const name = (words[i] as string).toUpperCase();
    if (name === 'SKIPME') {
      const word = value.toLowerCase();
      if (word !== 'yes' && word !== 'no') return Errors.syntax;
      skipsMe = word === 'yes';
      continue;
    }
    const test = testFor(name, value, now);
    if (typeof test !== 'function') return test;
    tests.push(test);
  }
  return {
    byAddress: false,
    matches: (session) => !(skipsMe && session === self) && tests.every((test) => test(session)),
  };
}

function testFor(name: string, value: string, now: number): Test | ErrorReply {
  switch (name) {
    case 'ID':
      return byId(value);
    case 'TYPE':
      return byType(value);
    case 'USER':
      return byUser(value);
    case 'ADDR':
      return ({ address }) => address === value;
    case 'LADDR':
      return ({ localAddress }) => localAddress === value;
    case 'MAXAGE': {
      const seconds = /^[0-9]{1,15}$/.test(value) ? Number(value) : 0;
      return seconds > 0 ? ({ connectedAt }) => now - connectedAt >= seconds * 1000 : BAD_AGE;
    }
    default:
      return Errors.syntax;
  }
}
