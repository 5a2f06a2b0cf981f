/** What a connection that does not speak to us is told, in its own language where it has one. */
export interface ForeignProtocol {
  readonly name: string;
  readonly answer: Uint8Array;
}

const encoder = new TextEncoder();

const TLS_HANDSHAKE = 0x16;
/** A fatal alert, protocol_version (RFC 8446, 6.2), in a TLS 1.2 record. */
const TLS_ALERT = Uint8Array.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46);

const HTTP_TEXT = 'This is a kvd database, not a web server. Use @kv/client to talk to it.\n';
const HTTP_ANSWER = encoder.encode(
  `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${HTTP_TEXT.length}\r\nConnection: close\r\n\r\n${HTTP_TEXT}`,
);
/** Words that begin an HTTP request and no command. */
const HTTP_VERBS = ['POST', 'PUT ', 'HEAD', 'OPTI', 'PATC', 'CONN', 'TRAC', 'PRI '];
/** Words that begin either; only the rest of the line tells. */
const SHARED_VERBS = ['GET ', 'DELE'];
const HTTP_LINE = / HTTP\/1\.[01]\r?$/;
/** What is looked at of a first line. */
const LINE_BYTES_MAX = 8192;

/** The first byte of a native connection: the high byte of its first frame's length. */
export const NATIVE_FIRST_BYTE = 0x00;

/**
 * Judges a connection by its first bytes. A native one begins with 0x00, which neither
 * TLS, HTTP nor RESP ever send; what is neither TLS nor HTTP is taken for RESP.
 *
 * @returns `undefined` for a protocol that is spoken here
 */
export function foreignProtocol(first: Uint8Array): ForeignProtocol | undefined {
  if (first[0] === NATIVE_FIRST_BYTE) return undefined;
  if (first[0] === TLS_HANDSHAKE) return { name: 'TLS', answer: TLS_ALERT };
  const start = String.fromCharCode(...first.subarray(0, 4));
  if (HTTP_VERBS.includes(start)) return { name: 'HTTP', answer: HTTP_ANSWER };
  if (!SHARED_VERBS.includes(start)) return undefined;
  const [line = ''] = String.fromCharCode(...first.subarray(0, LINE_BYTES_MAX)).split('\n');
  return HTTP_LINE.test(line) ? { name: 'HTTP', answer: HTTP_ANSWER } : undefined;
}
