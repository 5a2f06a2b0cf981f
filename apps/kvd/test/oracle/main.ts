// pnpm oracle [--seed N] [--minutes M] [--commands N] [--group G] [--resp 2|3] [--findings N]
//            [--differences]
import { parseArgs } from 'node:util';
import { INTENDED_DIFFERENCES } from './differences.ts';
import { findingText, search } from './oracle.ts';
import type { RespVersion } from './script.ts';

const { values } = parseArgs({
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
