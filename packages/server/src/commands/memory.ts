import { getHeapSpaceStatistics } from 'node:v8';
import { Errors, optionSlots } from '@kv/protocol';
import type { Handler, ServerContext } from '../handler.ts';
import { memoryReport, memoryUse } from '../memory-report.ts';
import { commandHelp } from './help.ts';

const UsageOption = optionSlots('MEMORY USAGE');

const memoryUsage: Handler = (request, { keyspace: db }, out) => {
  const samples = (request.options[UsageOption.SAMPLES] as number) - 1;
  if (samples >= 0 && (request.integer(samples) as number | bigint) < 0)
    return out.error(Errors.syntax);
  const ref = db.find(request, request.at);
  if (ref === 0) out.absent();
  else out.integer(db.memoryOf(ref));
};

function memoryStats(context: ServerContext): Handler {
  return (_request, _session, out) => {
    const use = memoryUse(context);
    const facts: readonly (readonly [name: string, value: number])[] = [
      ['peak.allocated', use.peak],
      ['total.allocated', use.total],
      ['replication.backlog', 0],
      ['clients.slaves', 0],
      ['clients.normal', use.clients],
      ['overhead.total', use.total - use.dataset],
      ['keys.count', use.keys],
      ['keys.bytes-per-key', use.keys === 0 ? 0 : Math.round(use.entries / use.keys)],
      ['dataset.bytes', use.dataset],
      ['allocator.allocated', use.process.allocated],
      ['allocator.active', use.process.active],
      ['allocator.resident', use.process.resident],
      ['allocator-rss.bytes', use.process.resident - use.process.active],
      ['fragmentation.bytes', use.entries - use.dataset],
    ];
    const shares: readonly (readonly [name: string, value: number])[] = [
      ['dataset.percentage', (100 * use.dataset) / Math.max(1, use.total)],
      ['peak.percentage', (100 * use.total) / Math.max(1, use.peak)],
      ['allocator-rss.ratio', use.process.resident / use.process.active],
      ['fragmentation', use.entries / Math.max(1, use.dataset)],
    ];
    out.map(facts.length + shares.length);
    for (const [name, value] of facts) {
      out.text(name);
      out.integer(value);
    }
    for (const [name, value] of shares) {
      out.text(name);
      out.double(value);
    }
  };
}

/** V8's spaces, one a line. */
const mallocStats: Handler = (_request, _session, out) => {
  const lines = getHeapSpaceStatistics().map(
    ({ space_name, space_size, space_used_size }) =>
      `${space_name}: ${space_used_size} of ${space_size} bytes`,
  );
  const { arrayBuffers, external, rss } = process.memoryUsage();
  out.verbatim(
    `${[...lines, `array buffers: ${arrayBuffers} bytes`, `other memory of objects: ${external - arrayBuffers} bytes`, `resident: ${rss} bytes`].join('\n')}\n`,
  );
};

/** Handlers of `protocol/src/commands/memory.ts`, row by row. */
export function memoryCommands(context: ServerContext) {
  return {
    'MEMORY USAGE': memoryUsage,
    'MEMORY STATS': memoryStats(context),
    'MEMORY DOCTOR': ((_request, _session, out) =>
      out.verbatim(memoryReport(memoryUse(context)))) satisfies Handler,
    // Segments and buffers are given back when the last entry has left them.
    'MEMORY PURGE': ((_request, _session, out) => out.status('OK')) satisfies Handler,
    'MEMORY MALLOC-STATS': mallocStats,
    'MEMORY HELP': commandHelp('MEMORY'),
  };
}
