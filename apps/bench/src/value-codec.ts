import { type Effort, measure } from './rounds.ts';
import { printTable, type Row, ratioCell } from './table.ts';
import { CODECS, type Codec, VALUES } from './value-codec-subjects.ts';
import { versionOf } from './versions.ts';

const REFERENCE = 'JSON';

/** The value codec against msgpackr and JSON. */
export async function compareValueCodecs(measureMs: number, effort: Effort) {
  const isInstalled = (codec: Codec) => codec.package === undefined || versionOf(codec.package);
  const program = new URL('./value-codec-round.ts', import.meta.url);
  const { medians, rounds } = await measure(
    CODECS.filter(isInstalled).map(({ name }) => ({
      name,
      program,
      args: [name, String(measureMs)],
    })),
    effort,
  );
  const reference = medians.get(REFERENCE);
  const rows = Object.keys(VALUES).flatMap((kind) =>
    CODECS.map((codec): Row => {
      const label = codec.package ? `${codec.name} ${versionOf(codec.package) ?? ''}` : codec.name;
      if (!isInstalled(codec)) return [`${kind}: ${label}`, 'not installed', '', ''];
      const of = medians.get(codec.name);
      return [
        `${kind}: ${label}`,
        ratioCell(of?.[`encode ${kind}`], reference?.[`encode ${kind}`]),
        ratioCell(of?.[`decode ${kind}`], reference?.[`decode ${kind}`]),
        String(of?.[`bytes ${kind}`] ?? '-'),
      ];
    }),
  );
  printTable(
    'Value codec: time relative to JSON (lower is better)',
    ['encode', 'decode', 'bytes'],
    rows,
    [
      'From values to bytes and back: JSON includes its UTF-8. msgpackr is pack and unpack, without shared structures.',
      `Medians of ${rounds} rounds.`,
    ],
  );
}
