/** Bars in groups: what was compared, as a chart shows it. */
export interface Chart {
  readonly title: string;
  /** What the numbers are: `operations a second`. */
  readonly unit: string;
  /** One bar in every group, in one colour. */
  readonly series: readonly string[];
  readonly groups: readonly ChartGroup[];
}

/** The bars that are to be compared with each other; `undefined` is what could not be measured. */
interface ChartGroup {
  readonly name: string;
  /** One for each series. */
  readonly values: readonly (number | undefined)[];
}

const WIDTH = 760;
const MARGIN = 16;
const BARS_LEFT = 190;
/** Behind the longest bar there is room for its number. */
const BARS_RIGHT = WIDTH - 90;
const BAR = 14;
const BAR_GAP = 3;
const GROUP_GAP = 16;
const TITLE_HEIGHT = 44;
const LEGEND_LINE = 20;

/** Told apart in light and dark, and by people who see few colours. */
const COLOURS = ['#0f9d8f', '#d1495b', '#e09f3e', '#8d6cc9', '#6c8ebf', '#8a8f98'];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .unit, .number { fill: #57606a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .unit, .number { fill: #9198a1; }
  }`;

/**
 * A chart as SVG: horizontal bars, drawn to the longest of all groups. The background
 * is left out, so that it stands on a light page as on a dark one.
 *
 * @example
 * ```ts
 * barChart({
 *   title: 'Reads', unit: 'a second', series: ['ours', 'theirs'],
 *   groups: [{ name: '50 in flight', values: [900_000, 90_000] }],
 * });
 * ```
 */
export function barChart({ title, unit, series, groups }: Chart): string {
  const longest = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const groupHeight = series.length * (BAR + BAR_GAP) + GROUP_GAP;
  const top = TITLE_HEIGHT + series.length * LEGEND_LINE + GROUP_GAP;
  const height = top + groups.length * groupHeight;
  const parts = groups.flatMap((group, index) =>
    drawGroup(group, top + index * groupHeight, longest),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="${MARGIN}" y="22">${escaped(title)}</text>`,
    `<text class="unit" x="${MARGIN}" y="40">${escaped(unit)}</text>`,
    ...series.flatMap(drawLegend),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function drawLegend(name: string, index: number): string[] {
  const y = TITLE_HEIGHT + 8 + index * LEGEND_LINE;
  return [
    `<rect x="${MARGIN}" y="${y}" width="12" height="12" rx="2" fill="${colour(index)}"/>`,
    `<text x="${MARGIN + 20}" y="${y + 10}">${escaped(name)}</text>`,
  ];
}

function drawGroup({ name, values }: ChartGroup, top: number, longest: number): string[] {
  const middle = top + (values.length * (BAR + BAR_GAP)) / 2 + 3;
  const bars = values.flatMap((value, index) => {
    const y = top + index * (BAR + BAR_GAP);
    const length = longest > 0 ? ((value ?? 0) / longest) * (BARS_RIGHT - BARS_LEFT) : 0;
    const width = Math.max(1, Math.round(length));
    const number = value === undefined ? 'not measured' : short(value);
    return [
      `<rect x="${BARS_LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour(index)}"/>`,
      `<text class="number" x="${BARS_LEFT + width + 6}" y="${y + 11}">${number}</text>`,
    ];
  });
  return [
    `<text x="${BARS_LEFT - 10}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
    ...bars,
  ];
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

/** `1.25 M`, `830 k`, `17.2`: three digits say enough. */
function short(value: number): string {
  if (value >= 999_500) return `${digits(value / 1e6)} M`;
  return value >= 999.5 ? `${digits(value / 1e3)} k` : digits(value);
}

function digits(value: number): string {
  return value >= 99.95 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
