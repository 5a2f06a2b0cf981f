import {
  COMPILED,
  type CompiledCommand,
  compiledNamed,
  errorReply,
  type ReplyWriter,
  type RequestBatch,
  subcommandsOf,
} from '@kv/protocol';
import { commandTitle } from '../command-title.ts';
import type { Handler, ServerContext } from '../handler.ts';
import type { LatencyHistogram } from '../latency-histogram.ts';
import { latencyGraph, latencyReport } from '../latency-report.ts';
import { quoted } from '../quoted.ts';
import type { SlowCommand } from '../slow-log.ts';
import { commandHelp } from './help.ts';

const ENTRIES_DEFAULT = 10;
const NOT_WITHIN = errorReply("MONITOR isn't allowed for DENY BLOCKING client");

function slowlogGet({ slowLog }: ServerContext): Handler {
  return (request, _session, out) => {
    const { at, size } = request;
    const count = size === 0 ? ENTRIES_DEFAULT : Number(request.integer(at));
    const entries = slowLog.newest(count === -1 ? slowLog.length : count);
    out.array(entries.length);
    for (const entry of entries) writeEntry(out, entry);
  };
}

function writeEntry(out: ReplyWriter, entry: SlowCommand): void {
  out.array(6);
  out.integer(entry.id);
  out.integer(entry.at);
  out.integer(entry.microseconds);
  out.array(entry.words.length);
  for (const word of entry.words) out.bytes(word);
  out.text(entry.address);
  out.text(entry.clientName);
}

function monitor({ monitors }: ServerContext): Handler {
  return (_request, session, out) => {
    if (session.executing) return out.error(NOT_WITHIN);
    monitors.add(session);
    out.status('OK');
  };
}

function latencyLatest({ latency }: ServerContext): Handler {
  return (_request, _session, out) => {
    const all = [...latency.all()];
    out.array(all.length);
    for (const [kind, { samples, longestMs }] of all) {
      const last = samples.at(-1);
      out.array(4);
      out.text(kind);
      out.integer(last?.at ?? 0);
      out.integer(last?.ms ?? 0);
      out.integer(longestMs);
    }
  };
}

function latencyHistory({ latency }: ServerContext): Handler {
  return (request, _session, out) => {
    const samples = latency.history(request.text(request.at))?.samples ?? [];
    out.array(samples.length);
    for (const { at, ms } of samples) {
      out.array(2);
      out.integer(at);
      out.integer(ms);
    }
  };
}

function latencyReset({ latency }: ServerContext): Handler {
  return (request, _session, out) => {
    const { at, size } = request;
    if (size === 0) return out.integer(latency.clear());
    let forgotten = 0;
    for (let i = 0; i < size; i++) if (latency.forget(request.text(at + i))) forgotten++;
    out.integer(forgotten);
  };
}

function latencyGraphOf({ latency, clock }: ServerContext): Handler {
  return (request, _session, out) => {
    const kind = request.text(request.at);
    const history = latency.history(kind);
    if (history === undefined)
      out.error(errorReply(`No samples available for event '${quoted(request, request.at)}'`));
    else out.verbatim(latencyGraph(kind, history, clock.now()));
  };
}

function latencyDoctor({ latency, timer }: ServerContext): Handler {
  return (_request, _session, out) =>
    out.verbatim(latencyReport([...latency.all()], timer.diagnostics));
}

/** The commands that LATENCY HISTOGRAM is asked for; a container is all of its subcommands. */
function commandsNamed(request: RequestBatch): readonly CompiledCommand[] {
  if (request.size === 0) return COMPILED.filter((command) => command !== undefined);
  return Array.from({ length: request.size }, (_, i) => {
    const name = request
      .text(request.at + i)
      .toUpperCase()
      .replace('|', ' ');
    const command = compiledNamed(name);
    return command === undefined ? subcommandsOf(name) : [command];
  }).flat();
}

function latencyHistogram({ timer }: ServerContext): Handler {
  return (request, _session, out) => {
    const found = new Map<CompiledCommand, LatencyHistogram>();
    for (const command of commandsNamed(request)) {
      const histogram = timer.histograms.get(command.id);
      if (histogram !== undefined) found.set(command, histogram);
    }
    out.map(found.size);
    for (const [command, histogram] of found) {
      out.text(commandTitle(command));
      out.map(2);
      out.text('calls');
      out.integer(histogram.count);
      out.text('histogram_usec');
      const doublings = histogram.doublings();
      out.map(doublings.length);
      for (const [microseconds, count] of doublings) {
        if (out.version === 1) out.text(String(microseconds));
        else out.integer(microseconds);
        out.integer(count);
      }
    }
  };
}

/** Handlers of `protocol/src/commands/diagnostics.ts`, row by row. */
export function diagnosticsCommands(context: ServerContext) {
  return {
    'SLOWLOG GET': slowlogGet(context),
    'SLOWLOG LEN': ((_request, _session, out) =>
      out.integer(context.slowLog.length)) satisfies Handler,
    'SLOWLOG RESET': ((_request, _session, out) => {
      context.slowLog.clear();
      out.status('OK');
    }) satisfies Handler,
    'SLOWLOG HELP': commandHelp('SLOWLOG'),
    MONITOR: monitor(context),
    'LATENCY LATEST': latencyLatest(context),
    'LATENCY HISTORY': latencyHistory(context),
    'LATENCY RESET': latencyReset(context),
    'LATENCY GRAPH': latencyGraphOf(context),
    'LATENCY DOCTOR': latencyDoctor(context),
    'LATENCY HISTOGRAM': latencyHistogram(context),
    'LATENCY HELP': commandHelp('LATENCY'),
  };
}
