import { argumentText } from './argument-text.ts';
import type { CommandKind } from './command.ts';

/** What {@link Session.accepted} needs to know of a command, while it is under way. */
export function sessionWords(
  { tells }: CommandKind,
  args: readonly unknown[],
): readonly string[] | undefined {
  return tells ? args.map(argumentText) : undefined;
}

/**
 * What a connection was told of itself and the next one is told in its handshake:
 * who it is, its name, its database. It changes when the server has accepted it.
 */
export class Session {
  username: string;
  password: string | undefined;
  name: string;
  database: number;
  /** The database of a call made now: what the last SELECT asks for, be it answered or not. */
  selected: number;
  private selecting = 0;

  constructor(first: {
    readonly username: string;
    readonly password: string | undefined;
    readonly name: string;
    readonly database: number;
  }) {
    this.username = first.username;
    this.password = first.password;
    this.name = first.name;
    this.database = first.database;
    this.selected = first.database;
  }

  /** A command was called that asks for a change. */
  asked(name: string, [index]: readonly string[]): void {
    if (name !== 'SELECT') return;
    this.selected = Number(index);
    this.selecting++;
  }

  /** It was refused, or taken back. */
  refused(name: string): void {
    if (name === 'SELECT') this.selectedAfter();
  }

  /** It was done. */
  accepted(name: string, words: readonly string[]): void {
    const [first = '', second] = words;
    if (name === 'SELECT') {
      this.database = Number(first);
      this.selectedAfter();
    } else if (name === 'CLIENT SETNAME') this.name = first;
    else if (name === 'AUTH')
      this.signedIn(second === undefined ? 'default' : first, second ?? first);
    else if (name === 'HELLO') this.greeted(words);
  }

  /** One SELECT less is under way; behind the last of them all is known again. */
  private selectedAfter(): void {
    if (--this.selecting === 0) this.selected = this.database;
  }

  private greeted(words: readonly string[]): void {
    for (let i = 1; i < words.length; ) {
      const token = words[i]?.toUpperCase();
      if (token === 'AUTH') this.signedIn(words[i + 1] ?? '', words[i + 2] ?? '');
      else if (token === 'SETNAME') this.name = words[i + 1] ?? '';
      i += token === 'AUTH' ? 3 : 2;
    }
  }

  private signedIn(username: string, password: string): void {
    this.username = username;
    this.password = password;
  }
}
