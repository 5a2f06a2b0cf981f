import { runProgram } from '../rounds.ts';
import { printTable, type Row } from '../table.ts';
import { versionOf } from '../versions.ts';
import { CHURN_PHASES } from './churn-phases.ts';
import { atMost, grouped, mebibytes } from './floors.ts';

const USED_TO_LIVE_MAX = 1.3;
const LEFT_BYTES_MAX = 100e6;

/** Whether memory follows what lives in it, while sizes change and after everything goes. */
export async function measureChurn(keyCount: number, writes: number): Promise<void> {
  const measured = await runProgram({
    name: 'ByteStore',
    program: new URL('./churn-round.ts', import.meta.url),
    args: [String(keyCount), String(writes)],
    roundMsMax: 150_000,
  });
  if (measured === undefined) return;
  const of = (name: string) => measured[name] ?? Number.NaN;
  const rows = CHURN_PHASES.map(
    ({ name }): Row => [
      name,
      mebibytes(of(`${name} live`)),
      mebibytes(of(`${name} segments`)),
      mebibytes(of(`${name} used`)),
      atMost(USED_TO_LIVE_MAX, of(`${name} used`) / of(`${name} live`)),
      mebibytes(of(`${name} resident`)),
    ],
  );
  const left = of('cleared') - of('empty');
  rows.push([
    'cleared',
    '',
    '',
    '',
    atMost(LEFT_BYTES_MAX / 1e6, left / 1e6, ' MB more', 0),
    mebibytes(of('cleared')),
  ]);
  rows.push(['empty, at the start', '', '', '', '', mebibytes(of('empty'))]);
  printTable(
    `Churn in @kv/store ${versionOf('@kv/store')}'s ByteStore, ${grouped(keyCount)} keys of 20 bytes`,
    ['live', 'segments', 'used', 'used/live', 'resident'],
    rows,
    [
      `${grouped(writes)} writes of random keys in each phase, one in five a removal. Live is records and their slots, used is segments and`,
      'index. Resident after a full collection at the end.',
    ],
  );
}
