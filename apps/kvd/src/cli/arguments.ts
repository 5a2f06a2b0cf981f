import { ConfigError, nearest } from '../config/config-error.ts';
import { OPTIONS } from '../config/options.ts';
import { COMMAND_SWITCHES } from './starts-daemon.ts';
import type { TlsFlags } from './tls-flags.ts';

/** What the command line asks for. */
export interface CommandLine {
  /** Options of the daemon, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** `--config`. */
  readonly file: string | undefined;
  /** What help is asked about: a command's words, none for kvd itself; `undefined`: none is asked for. */
  readonly help: readonly string[] | undefined;
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
  readonly tls: TlsFlags;
  /** Values are read and shown as JSON. */
  readonly json: boolean;
  /** The command's last argument is what standard input holds. */
  readonly stdin: boolean;
}

/** Flags with a value that mean something only with a command. */
const COMMAND_VALUES = ['url', 'password', 'database', 'cacert', 'cert', 'key', 'sni'];
const FOR_COMMANDS: readonly string[] = [...COMMAND_SWITCHES, ...COMMAND_VALUES];
const FOR_BOTH = ['port'];
const SWITCHES: readonly string[] = ['help', 'version', ...COMMAND_SWITCHES];
const options: readonly string[] = OPTIONS.map(({ name }) => name);
const valued: readonly string[] = [...options, 'config', ...COMMAND_VALUES];
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version' };

/**
 * Reads the command line. Flags come first; from the first word that is none on,
 * everything belongs to the command, so that `kvd set key -5` needs no quoting. Of a flag
 * given twice the last one counts.
 *
 * @throws {@link ConfigError} `USAGE`
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { given, end } = readFlags(argv);
  const command = argv.slice(end);
  const help = helpTopic(command, given.has('help'));
  const version = given.has('version');
  if (help === undefined && !version) checkPurpose([...given.keys()], command[0]);
  return {
    flags: Object.fromEntries([...given].filter(([name]) => options.includes(name))),
    file: given.get('config'),
    help,
    version,
    command,
    client: {
      url: given.get('url'),
      password: given.get('password'),
      database: given.get('database'),
      tls: {
        tls: given.has('tls'),
        cacert: given.get('cacert'),
        cert: given.get('cert'),
        key: given.get('key'),
        sni: given.get('sni'),
        insecure: given.has('insecure'),
      },
      json: given.has('json'),
      stdin: given.has('stdin'),
    },
  };
}

/** `kvd help set` asks what `kvd --help set` does. */
function helpTopic(command: readonly string[], asked: boolean): readonly string[] | undefined {
  if (command[0]?.toLowerCase() === 'help') return command.slice(1);
  return asked ? command : undefined;
}

/** The flags in front, and where they end. */
function readFlags(argv: readonly string[]): {
  readonly given: ReadonlyMap<string, string>;
  readonly end: number;
} {
  const given = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = SHORT[argv[at] as string] ?? (argv[at] as string);
    if (!word.startsWith('-')) return { given, end: at };
    const [name, text] = splitFlag(word);
    if (SWITCHES.includes(name)) {
      if (text !== undefined) throw usage(`--${name} takes no value`);
      given.set(name, '');
      continue;
    }
    if (!word.startsWith('--') || !valued.includes(name)) throw usage(unknownFlag(word, name));
    const value = text ?? argv[++at];
    if (value === undefined) throw usage(`--${name} needs a value`);
    given.set(name, value);
  }
  return { given, end: argv.length };
}

/** `--port=7000` and `--port` as name and value. */
function splitFlag(word: string): readonly [name: string, value: string | undefined] {
  const equals = word.indexOf('=');
  const bare = (flag: string) => flag.replace(/^-+/, '');
  if (equals < 0) return [bare(word), undefined];
  return [bare(word.slice(0, equals)), word.slice(equals + 1)];
}

/** A flag that would do nothing is a mistake, and silence about it another. */
function checkPurpose(given: readonly string[], command: string | undefined): void {
  for (const name of given) {
    const forCommands = FOR_COMMANDS.includes(name);
    if (command === undefined && forCommands)
      throw usage(`--${name} is for sending a command, and there is none (kvd --help lists them)`);
    if (command !== undefined && !forCommands && !FOR_BOTH.includes(name))
      throw usage(`--${name} is for starting a server, and has no meaning for ${command}`);
  }
}

function usage(message: string): ConfigError {
  return new ConfigError('USAGE', message);
}

function unknownFlag(word: string, bare: string): string {
  const known = [...FOR_BOTH, ...valued, ...SWITCHES];
  const isLetter = bare.length === 1;
  const near = isLetter ? known.find((name) => name.startsWith(bare)) : nearest(bare, known);
  const hint = near === undefined ? '' : `; did you mean --${near}?`;
  return `${word.split('=')[0]} is not an option of kvd${hint} (kvd --help lists them)`;
}
