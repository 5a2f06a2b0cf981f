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
const HTTP_VERBS = ['GET ', 'POST', 'PUT ', 'HEAD', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC', 'PRI '];

const PLAIN_ANSWER = encoder.encode(
  '-ERR Protocol error: this port speaks the kvd protocol, whose connections begin with a HELLO frame\r\n',
);

/**
 * Judges a connection by its first bytes. A native one begins with 0x00, the high
 * byte of its first frame's length, which neither TLS, HTTP nor text ever send.
 *
 * @returns `undefined` for a native connection
 */
export function foreignProtocol(first: Uint8Array): ForeignProtocol | undefined {
  if (first[0] === 0) return undefined;
  if (first[0] === TLS_HANDSHAKE) return { name: 'TLS', answer: TLS_ALERT };
  const start = String.fromCharCode(...first.subarray(0, 4));
  if (HTTP_VERBS.some((verb) => start === verb)) return { name: 'HTTP', answer: HTTP_ANSWER };
  return { name: 'unknown', answer: PLAIN_ANSWER };
}
