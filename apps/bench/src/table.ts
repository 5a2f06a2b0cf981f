/** One row: what was measured, and a cell for each column. */
export type Row = readonly [subject: string, ...cells: string[]];

/** Prints a table with aligned columns; numbers are on the right. */
export function printTable(
  title: string,
  columns: readonly string[],
  rows: readonly Row[],
  notes: readonly string[] = [],
): void {
  const lines: readonly (readonly string[])[] = [['', ...columns], ...rows];
  const widths = ['', ...columns].map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  console.log(`\n## ${title}\n`);
  for (const [index, line] of lines.entries()) {
    const cells = widths.map((width, column) => {
      const text = line[column] ?? '';
      return column === 0 ? text.padEnd(width) : text.padStart(width);
    });
    console.log(`| ${cells.join(' | ')} |`);
    if (index === 0)
      console.log(
        `|${widths.map((width, i) => `${'-'.repeat(width + 1)}${i ? ':' : '-'}`).join('|')}|`,
      );
  }
  if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
}

/** `1.83 (212 ns)`: a duration as a ratio to the reference, and itself. */
export function ratioCell(ns: number | undefined, reference: number | undefined): string {
  if (ns === undefined) return '-';
  if (reference === undefined) return duration(ns);
  return `${(ns / reference).toFixed(2)} (${duration(ns)})`;
}

function duration(ns: number): string {
  return ns < 10_000 ? `${ns.toFixed(ns < 100 ? 1 : 0)} ns` : `${(ns / 1000).toFixed(1)} µs`;
}
