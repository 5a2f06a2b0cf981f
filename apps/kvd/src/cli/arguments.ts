import { ConfigError, nearest } from '../config/config-error.ts';
import { OPTIONS } from '../config/options.ts';

/** What the command line asks for. */
export interface CommandLine {
  /** Options of the daemon, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** `--config`. */
  readonly file: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
  /** A command to send, and its arguments exactly as they were given; empty for the daemon. */
  readonly command: readonly string[];
  readonly client: ClientFlags;
}

/** Flags for sending one command. */
export interface ClientFlags {
  readonly url: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** Values are read and shown as JSON. */
  readonly json: boolean;
}

const SWITCHES = ['help', 'version', 'json'] as const;
const OTHERS = ['config', 'url', 'password', 'database'] as const;
const options: readonly string[] = OPTIONS.map(({ name }) => name);
const valued: readonly string[] = [...options, ...OTHERS];
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version' };

/**
 * Reads the command line. Flags come first; from the first word that is none on,
 * everything belongs to the command, so that `kvd set key -5` needs no quoting.
 *
 * @throws {@link ConfigError} `USAGE`
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const given = new Map<string, string>();
  let at = 0;
  for (; at < argv.length; at++) {
    const word = SHORT[argv[at] as string] ?? (argv[at] as string);
    if (!word.startsWith('--')) break;
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    if ((SWITCHES as readonly string[]).includes(name)) {
      if (equals >= 0) throw usage(`--${name} takes no value`);
      given.set(name, '');
      continue;
    }
    if (!valued.includes(name)) throw usage(unknownFlag(name));
    const value = equals < 0 ? argv[++at] : word.slice(equals + 1);
    if (value === undefined) throw usage(`--${name} needs a value`);
    given.set(name, value);
  }
  const first = argv[at];
  if (first?.startsWith('-')) throw usage(unknownFlag(first));
  const flags = Object.fromEntries([...given].filter(([name]) => options.includes(name)));
  return {
    flags,
    file: given.get('config'),
    help: given.has('help'),
    version: given.has('version'),
    command: argv.slice(at),
    client: {
      url: given.get('url'),
      password: given.get('password'),
      database: given.get('database'),
      json: given.has('json'),
    },
  };
}

function usage(message: string): ConfigError {
  return new ConfigError('USAGE', message);
}

function unknownFlag(name: string): string {
  const bare = name.replace(/^-+/, '');
  const near = nearest(bare, [...valued, ...SWITCHES]);
  const hint = near === undefined ? '' : `; did you mean --${near}?`;
  return `--${bare} is not an option of kvd${hint} (kvd --help lists them)`;
}
