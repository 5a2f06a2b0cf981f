const CR = 0x0d;
const SIMPLE = new Set([...'+-:_#,('].map((char) => char.charCodeAt(0)));
const BULKS = new Set([...'$=!'].map((char) => char.charCodeAt(0)));
const MAPS = new Set([...'%|'].map((char) => char.charCodeAt(0)));

/** Where the reply that begins at `start` ends, or -1 if it has not arrived whole. */
export function replyEnd(bytes: Buffer, start: number): number {
  let open = 1;
  let at = start;
  while (open > 0) {
    const line = bytes.indexOf(CR, at);
    if (line < 0 || line + 2 > bytes.length) return -1;
    const kind = bytes[at] as number;
    open--;
    if (SIMPLE.has(kind)) {
      at = line + 2;
      continue;
    }
    const length = Number(bytes.toString('latin1', at + 1, line));
    at = line + 2;
    if (length < 0) continue;
    if (BULKS.has(kind)) {
      at += length + 2;
      if (at > bytes.length) return -1;
    } else {
      open += MAPS.has(kind) ? length * 2 : length;
    }
  }
  return at;
}

/** A reply taken apart: what is one item keeps its raw text, what holds others is a list of them. */
type Parsed = string | { readonly kind: string; readonly items: readonly Parsed[] };

/** Takes a whole reply apart. */
function parseReply(raw: string): Parsed {
  return parseAt(raw, 0).parsed;
}

function parseAt(raw: string, start: number): { parsed: Parsed; end: number } {
  const line = raw.indexOf('\r', start);
  const kind = raw[start] as string;
  const code = kind.charCodeAt(0);
  if (SIMPLE.has(code)) return { parsed: raw.slice(start, line + 2), end: line + 2 };
  const length = Number(raw.slice(start + 1, line));
  const body = line + 2;
  if (length < 0) return { parsed: raw.slice(start, body), end: body };
  if (BULKS.has(code)) {
    const end = body + length + 2;
    return { parsed: raw.slice(start, end), end };
  }
  const items: Parsed[] = [];
  let end = body;
  for (let i = MAPS.has(code) ? length * 2 : length; i > 0; i--) {
    const item = parseAt(raw, end);
    items.push(item.parsed);
    end = item.end;
  }
  return { parsed: { kind, items }, end };
}

/** The elements of an array, raw; `undefined` of anything else. */
export function elementsOf(raw: string): readonly string[] | undefined {
  if (!raw.startsWith('*') || raw.startsWith('*-1')) return undefined;
  const elements: string[] = [];
  for (let at = raw.indexOf('\n') + 1; at < raw.length; ) {
    const { end } = parseAt(raw, at);
    elements.push(raw.slice(at, end));
    at = end;
  }
  return elements;
}

/** Whether two replies are the same when the order of elements, at any depth, is left aside. */
export function sameElements(a: string, b: string): boolean {
  return JSON.stringify(sorted(parseReply(a))) === JSON.stringify(sorted(parseReply(b)));
}

function sorted(parsed: Parsed): unknown {
  if (typeof parsed === 'string') return parsed;
  return [parsed.kind, ...parsed.items.map((item) => JSON.stringify(sorted(item))).sort()];
}

/** Whether two replies are of one kind: both a status, both nil... Of errors there is only one kind: the same. */
export function sameKind(a: string, b: string): boolean {
  return kindOf(a) === kindOf(b);
}

function kindOf(raw: string): string {
  if (raw.startsWith('-')) return raw;
  return raw.startsWith('$-1') || raw.startsWith('*-1') ? '_' : (raw[0] as string);
}
