import { totalmem } from 'node:os';
import { runProgram } from '../rounds.ts';
import { printTable } from '../table.ts';
import { versionOf } from '../versions.ts';
import { grouped, mebibytes } from './floors.ts';

const MACHINE_BYTES = 24 * 2 ** 30;

/** Small keys, as many as a machine of 24 GiB should take. */
export async function measureHundredMillion(keyCount: number, samples: number): Promise<void> {
  const measured = await runProgram({
    name: 'ByteStore',
    program: new URL('./hundred-million-round.ts', import.meta.url),
    args: [String(keyCount), String(samples)],
    roundMsMax: 600_000,
  });
  const of = (name: string) => measured?.[name] ?? Number.NaN;
  const fits = of('resident') < MACHINE_BYTES && of('held') === keyCount;
  const isWhole = of('right') === samples;
  printTable(
    `${grouped(keyCount)} keys of 16 bytes with values of 8 in one ByteStore of @kv/store ${versionOf('@kv/store')}`,
    ['measured', 'floor'],
    [
      ['keys held', grouped(of('held')), `all on 24 GiB: ${fits ? 'ok' : 'MISSED'}`],
      ['resident', mebibytes(of('resident')), ''],
      ['bytes a key', of('bytesPerKey').toFixed(1), ''],
      ['keys a second while loading', grouped(1e9 / of('load')), ''],
      ['get', `${of('get').toFixed(0)} ns`, ''],
      ['set', `${of('set').toFixed(0)} ns`, ''],
      [
        'read back as set',
        grouped(of('right')),
        `of ${grouped(samples)}: ${isWhole ? 'ok' : 'MISSED'}`,
      ],
    ],
    [
      `This machine has ${mebibytes(totalmem())}. Gets and sets of ${grouped(samples)} random keys each.`,
    ],
  );
}
