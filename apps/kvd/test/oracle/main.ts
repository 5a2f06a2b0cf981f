// pnpm oracle: see the text below, which --help prints.

import { COMPILED } from '@kv/protocol';
import { readArguments, refuse } from '../command-line.ts';
import { INTENDED_DIFFERENCES } from './differences.ts';
import { findingText, search } from './oracle.ts';
import type { RespVersion } from './script.ts';

const GROUPS = new Set(COMPILED.flatMap((command) => command?.row.group ?? []));
const USAGE = `pnpm oracle [OPTION...]

Sends the same random commands to redis-server and to kvd and compares every byte of the replies.
Ends with 1 at the first difference that is not intended, cut down to the fewest commands.

  --minutes M      how long to search, 1 by default
  --seed N         the first seed, 1 by default
  --commands N     commands a seed, 5000 by default
  --group NAME     mostly commands of one group: ${[...GROUPS].join(', ')}
  --resp 2|3       with one version of the protocol only
  --findings N     goes on up to so many differences, 1 by default
  --differences    prints those that are intended, and why`;

const { values } = readArguments(USAGE, {
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    commands: { type: 'string', default: '5000' },
    group: { type: 'string' },
    findings: { type: 'string', default: '1' },
    resp: { type: 'string' },
    differences: { type: 'boolean', default: false },
  },
});
for (const name of ['seed', 'minutes', 'commands', 'findings'] as const)
  if (!(Number(values[name]) > 0)) refuse(USAGE, `--${name} is a number above 0`);
if (values.group !== undefined && ![...GROUPS].some((group) => group === values.group))
  refuse(USAGE, `there is no group ${values.group}`);
if (values.resp !== undefined && !['2', '3'].includes(values.resp))
  refuse(USAGE, '--resp is 2 or 3');
if (values.differences) {
  for (const { what, why } of INTENDED_DIFFERENCES) console.log(`- ${what} ${why}`);
} else {
  const versions: readonly RespVersion[] =
    values.resp === undefined ? [2, 3] : [Number(values.resp) as RespVersion];
  for (const version of versions) {
    const began = performance.now();
    const endsAt = began + (Number(values.minutes) * 60_000) / versions.length;
    const { seeds, commands, found } = await search({
      version,
      seed: Number(values.seed),
      commandsPerSeed: Number(values.commands),
      group: values.group,
      findingsMax: Number(values.findings),
      goesOn: () => performance.now() < endsAt,
    });
    const seconds = (performance.now() - began) / 1000;
    const rate = Math.round(commands / seconds);
    console.log(`RESP${version}: ${commands} commands of ${seeds} seeds, ${rate} a second`);
    for (const finding of found) console.log(findingText(version, finding));
    if (found.length > 0) process.exitCode = 1;
  }
}
