import { styleText } from 'node:util';
import { COMMANDS } from '@kv/protocol';
import { OPTIONS, type Option } from '../config/options.ts';
import { environmentName } from '../config/resolve.ts';
import { TOOLS } from '../tools/tools.ts';
import { wrap } from './text.ts';

/** Columns of the whole text, and of the flags at its left. */
const WIDTH = 100;
const LEFT = 36;
/** A space at which no line ends: a default stays in one piece. */
const UNBROKEN = '\u00a0';

type Style = (text: string) => string;

/** The text of `kvd --help`. */
export function helpText(version: string, colors: boolean): string {
  const style =
    (format: 'bold' | 'dim'): Style =>
    (text) =>
      colors ? styleText(format, text, { validateStream: false }) : text;
  const [bold, dim] = [style('bold'), style('dim')];
  const groups = [...new Set(OPTIONS.map(({ group }) => group))];
  const options = groups.map((group) => {
    const rows = OPTIONS.filter((option) => option.group === group);
    return `${bold(group)}\n${rows.map((option) => optionRow(option, dim)).join('\n')}`;
  });
  return `${bold(`kvd ${version}`)}: an in-memory key-value database with typed values, TTLs and snapshots

${bold('Start a server')}
${row('kvd [options]', 'listens on 127.0.0.1:31337 and keeps snapshots in ./data', dim)}

${bold('Send one command to a server')}
${row('kvd [flags] COMMAND [arguments]', 'for example:', dim)}
${row('  kvd ping', 'is it there?', dim)}
${row('  kvd set greeting hello', '', dim)}
${row('  kvd get greeting', 'exit code 1 when the key is absent', dim)}
${row('  kvd --json set user \'{"id":7}\'', 'a typed value; --json get shows it as JSON', dim)}
${row('  kvd --stdin set logo < logo.png', 'the last argument comes from standard input', dim)}
${row('  kvd help set', 'how a command is written, and what it does', dim)}
${row('--url URL', 'kv://user:password@host:port/database, kvs:// with TLS, kv+unix:///path [KVD_URL]', dim)}
${row('--port, --password, --database', 'in place of those parts of the URL', dim)}
${row('--tls', 'encrypt, as kvs:// does; so do the following', dim)}
${row('--cacert FILE', 'who may have signed for the server, in PEM', dim)}
${row('--cert FILE, --key FILE', 'the certificate to show to the server, and its private key, in PEM', dim)}
${row('--sni NAME', 'whom the certificate of the server is for, if not for the host of the URL', dim)}
${row('--insecure', 'whoever the server is', dim)}

${bold('Commands')}
${commandNames()}

${bold('Look after a data directory, without a server')}
${TOOLS.map(({ name, usage, summary }) => `${row(`kvd ${name}`, summary, dim)}\n${row('', usage, dim)}`).join('\n')}

${options.join('\n\n')}

${bold('Other')}
${row('--config FILE', 'a TOML file with these options, e.g. port = 31337 [KVD_CONFIG]', dim)}
${row('-h, --help, -v, --version', '', dim)}

Every option can also be set in the environment: --protected-mode is ${environmentName('protected-mode')};
a secret can be in a file that ${environmentName('requirepass')}_FILE names. Flags win over the
environment, the environment over the file.

${bold('Exit codes')}  0 stopped as asked · 1 the command failed · 64 usage · 65 damaged data
            69 no server answers · 71 port or data directory in use · 74 I/O
            77 not permitted · 78 configuration
`;
}

/** All that can be sent; of those with subcommands the first word. */
function commandNames(): string {
  const words = COMMANDS.map(({ name }) => name.toLowerCase().split(' ')[0] as string);
  return wrap([...new Set(words)].join(' '), WIDTH - 2)
    .map((line) => `  ${line}`)
    .join('\n');
}

function optionRow({ name, kind, help, default: standard }: Option, dim: Style): string {
  const shown = standard === '' ? help : `${help} [${standard.replaceAll(' ', UNBROKEN)}]`;
  return row(`--${name} ${kind.placeholder}`, shown, dim);
}

/** Two columns; what is in brackets, a default, is of less interest. */
function row(left: string, right: string, dim: Style): string {
  const lines = wrap(right, WIDTH - 2 - LEFT).map((line) =>
    line.replaceAll(UNBROKEN, ' ').replace(/\[.*\]$/, (standard) => dim(standard)),
  );
  const indent = `\n${' '.repeat(LEFT + 2)}`;
  const text = lines.join(indent);
  const isTooLong = left.length >= LEFT && right !== '';
  return `  ${isTooLong ? left + indent : left.padEnd(LEFT)}${text}`.trimEnd();
}
