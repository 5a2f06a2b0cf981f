import { invalid } from './errors.ts';

/** The options that a URL can hold. */
export interface UrlOptions {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly tls?: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
}

/**
 * What a URL says: `kv://user:password@host:port/database`, `kvs://` for the same with TLS,
 * or `kv+unix:///path/to/socket`, beside which credentials are options, since a URL
 * without a host has none. What has a meaning in URLs is percent-encoded.
 *
 * @throws {@link KvError} `INVALID_ARGUMENT`; the message shows no password
 */
export function fromUrl(text: string): UrlOptions {
  const refuse = (allowed: string) => invalid('url', withoutPassword(String(text)), allowed);
  const url = URL.parse(text);
  if (url === null) throw refuse('a URL such as kv://127.0.0.1:31337');
  const { protocol, hostname, port, pathname, search, hash } = url;
  if (protocol !== 'kv:' && protocol !== 'kvs:' && protocol !== 'kv+unix:')
    throw refuse('a URL that begins with kv://, kvs:// or kv+unix://');
  if (search !== '' || hash !== '') throw refuse('a URL without ? and #: options go beside it');
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw refuse('a URL whose percent signs are followed by two hexadecimal digits');
    }
  };
  if (protocol === 'kv+unix:') {
    if (hostname !== '' || pathname.length < 2)
      throw refuse('kv+unix:/// and the whole path of a socket');
    return { path: decode(pathname) };
  }
  const database = pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database)) throw refuse('a URL whose path is the number of a database');
  return {
    ...(protocol === 'kvs:' ? { tls: true } : {}),
    ...(url.username === '' ? {} : { username: decode(url.username) }),
    ...(url.password === '' ? {} : { password: decode(url.password) }),
    ...(hostname === '' ? {} : { host: decode(hostname).replace(/^\[(.*)\]$/, '$1') }),
    ...(port === '' ? {} : { port: Number(port) }),
    ...(database === '' ? {} : { database: Number(database) }),
  };
}

/** A URL for messages, which end up in logs. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}
