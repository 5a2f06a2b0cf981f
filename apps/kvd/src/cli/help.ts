import { styleText } from 'node:util';
import { OPTIONS } from '../config/options.ts';
import { environmentName } from '../config/resolve.ts';

const WIDTH = 38;

/** The text of `kvd --help`. */
export function helpText(version: string): string {
  const bold = (text: string) => styleText('bold', text);
  const dim = (text: string) => styleText('dim', text);
  const groups = [...new Set(OPTIONS.map(({ group }) => group))];
  const options = groups.map((group) => {
    const rows = OPTIONS.filter((option) => option.group === group).map((option) => {
      const flag = `  --${option.name} ${option.kind.placeholder}`.padEnd(WIDTH);
      const standard = option.default === '' ? '' : dim(` [${option.default}]`);
      return `${flag}${option.help}${standard}`;
    });
    return `${bold(group)}\n${rows.join('\n')}`;
  });
  const row = (left: string, right: string) => `  ${left.padEnd(WIDTH - 2)}${right}`;
  return `${bold(`kvd ${version}`)}: an in-memory key-value database with typed values, TTLs and snapshots

${bold('Start a server')}
${row('kvd [options]', 'listens on 127.0.0.1:31337 and keeps snapshots in ./data')}

${bold('Send one command to a server')}
${row('kvd [flags] COMMAND [arguments]', 'for example:')}
${row('  kvd ping', 'is it there?')}
${row('  kvd set greeting hello', '')}
${row('  kvd get greeting', 'exit code 1 when the key is absent')}
${row('  kvd --json set user \'{"id":7}\'', 'a typed value; --json get shows it as JSON')}
${row('--url URL', `kv://user:password@host:port/database ${dim('[kv://127.0.0.1:31337]')}`)}
${row('--password, --database, --port', 'in place of those parts of the URL')}

${options.join('\n\n')}

${bold('Other')}
${row('--config FILE', 'a TOML file with these options, e.g. port = 31337')}
${row('--help, --version', '')}

Every option can also be set in the environment: --protected-mode is ${environmentName('protected-mode')};
a secret can be in a file that ${environmentName('requirepass')}_FILE names. Flags win over the environment,
the environment over the file.

${bold('Exit codes')}  0 stopped as asked · 1 the command failed · 64 usage · 65 damaged data
            69 no server answers · 71 port in use · 74 I/O · 77 not permitted · 78 configuration
`;
}
