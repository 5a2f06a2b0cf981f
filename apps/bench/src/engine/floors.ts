/** A measured figure next to the floor it must reach: `floor <= 0.65: 0.61 ok`. */
export function atMost(floor: number, measured: number, unit = '', digits = 2): string {
  return cell('<=', floor, measured, measured <= floor, unit, digits);
}

/** `floor >= 2: 2.9 ok`. */
export function atLeast(floor: number, measured: number, unit = '', digits = 2): string {
  return cell('>=', floor, measured, measured >= floor, unit, digits);
}

function cell(
  sign: string,
  floor: number,
  measured: number,
  isMet: boolean,
  unit: string,
  digits: number,
): string {
  const [wanted, found] = [floor, measured].map((n) => n.toFixed(digits));
  return `floor ${sign} ${wanted}${unit}: ${found}${unit} ${isMet ? 'ok' : 'MISSED'}`;
}

/** `10,000,000`. */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString('en');
}

/** `1,024 MiB`, `9.6 MiB`. */
export function mebibytes(bytes: number): string {
  const all = bytes / 2 ** 20;
  return `${all < 100 ? all.toFixed(1) : grouped(all)} MiB`;
}
