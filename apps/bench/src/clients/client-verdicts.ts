import type { Measurements } from '../rounds.ts';
import { printTable, type Row } from '../table.ts';
import { OURS, REFERENCE, type ValueKind } from './client-peers.ts';
import { CALL_NAMES, IN_FLIGHT } from './measured-calls.ts';

/** What @kv/client is to reach, as a multiple of node-redis's operations a second. */
const SPEED_FLOORS: Readonly<Record<ValueKind, Readonly<Record<number, number>>>> = {
  strings: { 1: 1.2, 50: 5, 1000: 5 },
  objects: { 1: 1.2, 50: 3, 1000: 3 },
};

/** The most CPU that an operation may cost, of node-redis's. */
const CPU_FLOOR = 0.2;
const CPU_IN_FLIGHT = 1000;

/** Prints how @kv/client stands to node-redis on redis-server, beside the floors. */
export function printClientVerdicts(
  of: (peer: string, kind: ValueKind) => Measurements | undefined,
): void {
  const rows = Object.entries(SPEED_FLOORS).flatMap(([kind, floors]) => {
    const ours = of(OURS, kind as ValueKind);
    const theirs = of(REFERENCE, kind as ValueKind);
    if (ours === undefined || theirs === undefined) return [];
    const ratio = (what: string) => (ours[what] ?? Number.NaN) / (theirs[what] ?? Number.NaN);
    const speeds = IN_FLIGHT.map((inFlight): Row => {
      const floor = floors[inFlight] as number;
      const cells = CALL_NAMES.map((call) => {
        const reached = ratio(`${call} ${inFlight} perSecond`);
        return `${reached.toFixed(2)} ${reached >= floor ? 'holds' : 'MISSED'}`;
      });
      return [`${kind}, ${inFlight} in flight: speed`, ...cells, `>= ${floor}`];
    });
    const cpu = CALL_NAMES.map((call) => {
      const reached = ratio(`${call} ${CPU_IN_FLIGHT} cpu`);
      return `${reached.toFixed(3)} ${reached <= CPU_FLOOR ? 'holds' : 'MISSED'}`;
    });
    const cpuRow: Row = [
      `${kind}, ${CPU_IN_FLIGHT} in flight: CPU an operation`,
      ...cpu,
      `<= ${CPU_FLOOR}`,
    ];
    return [...speeds, cpuRow];
  });
  if (rows.length === 0) {
    console.log(`\nNo verdicts: ${OURS} and ${REFERENCE} on redis-server are both needed.`);
    return;
  }
  printTable(
    `Verdicts: ${OURS} on kvd relative to ${REFERENCE} on redis-server`,
    [...CALL_NAMES, 'floor'],
    rows,
  );
}
