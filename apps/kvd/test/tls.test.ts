import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as netConnect } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type ConnectOptions, connect } from '@kv/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../src/config/config-error.ts';
import { resolveConfig } from '../src/config/resolve.ts';
import { tlsIdentity } from '../src/tls-identity.ts';
import { type KvdProcess, runHere, startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();

const file = (name: string) => fileURLToPath(new URL(`./certificates/${name}`, import.meta.url));
const pem = (name: string) => readFileSync(file(name));

const ca = pem('authority.pem');
const signed = { cert: pem('client.pem'), key: pem('client.key') };
const unsigned = { cert: pem('stranger.pem'), key: pem('stranger.key') };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const failure = (options: ConnectOptions) =>
  connect({ ...options, reconnect: false }).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

async function start(...args: readonly string[]): Promise<KvdProcess> {
  const files = ['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')];
  const port = await freePort();
  const common = ['--tls-port', String(port), '--save', '', '--dir', join(root, String(port))];
  return startKvdProcess([
    ...common,
    ...files,
    '--tls-ca-cert-file',
    file('authority.pem'),
    ...args,
  ]);
}

let kvd: KvdProcess;
let port: number;
beforeAll(async () => {
  kvd = await start('--port', '0', '--requirepass', 'pw');
  port = kvd.port;
});
afterAll(async () => {
  await kvd.kill('SIGTERM');
});

describe('a kvd with a TLS port', () => {
  it('listens there alone when port is 0', () => {
    expect(kvd.addresses).toStrictEqual([`127.0.0.1:${port}`]);
  });

  it('serves its clients as elsewhere, large values and long pipelines too', async () => {
    const url = `kvs://:pw@localhost:${port}`;
    await using client = await connect({ url, tls: { ca, ...signed } });
    await client.set('k', { when: new Date(7), big: 7n });
    expect(await client.get('k')).toStrictEqual({ when: new Date(7), big: 7n });
    const large = new Uint8Array(3_000_000).fill(7);
    await client.set('large', large);
    expect(await client.get('large')).toStrictEqual(large);
    const numbers = Array.from({ length: 5000 }, (_, i) => i);
    await Promise.all(numbers.map((i) => client.set(`n${i}`, i)));
    expect(await Promise.all(numbers.map((i) => client.get(`n${i}`)))).toStrictEqual(numbers);
    await using news = client.subscribe('news');
    await news.ready;
    await client.publish('news', 'hello');
    expect((await news.next()).value).toMatchObject({ value: 'hello' });
  });

  it('speaks RESP there too', async () => {
    const socket = tlsConnect({ host: '127.0.0.1', port, ca, ...signed });
    socket.write('AUTH pw\r\nPING\r\n');
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.endsWith('PONG\r\n')) break;
    }
    expect(text).toBe('+OK\r\n+PONG\r\n');
  });

  it('refuses clients without a certificate, or with one that nobody signed', async () => {
    for (const identity of [{}, unsigned]) {
      const options = { host: '127.0.0.1', port, password: 'pw', tls: { ca, ...identity } };
      expect(await failure(options)).toMatchObject({ code: 'CONNECT' });
    }
    const refused = () => kvd.log.filter(({ msg }) => msg === 'refused a TLS handshake');
    await expect.poll(() => refused().length).toBe(2);
  });

  it('refuses clients that do not speak TLS, and goes on', async () => {
    const options = { host: '127.0.0.1', port, password: 'pw' };
    expect(await failure(options)).toMatchObject({ code: 'CONNECT' });
    await using client = await connect({ ...options, tls: { ca, ...signed } });
    expect(await client.ping()).toBe('PONG');
  });
});

describe('a kvd command', () => {
  const send = (...flags: string[]) => runHere(['--port', String(port), ...flags, 'ping']);
  const known = ['--cacert', file('authority.pem')];
  const identity = ['--cert', file('client.pem'), '--key', file('client.key')];
  const password = ['--password', 'pw'];

  it('shows its certificate with the flags of redis-cli', async () => {
    expect(await send(...password, ...known, ...identity)).toMatchObject({ stdout: 'PONG\n' });
    expect(await send(...password, '--insecure', ...identity)).toMatchObject({ stdout: 'PONG\n' });
    const named = ['--sni', 'localhost', ...known, ...identity];
    expect(await send(...password, ...named)).toMatchObject({ stdout: 'PONG\n' });
    const env = { KVD_PORT: '0', KVD_TLS_PORT: String(port), KVD_REQUIREPASS: 'pw' };
    const own = await runHere([...known, ...identity, 'ping'], env);
    expect(own).toMatchObject({ code: 0, stdout: 'PONG\n' });
  });

  it.each([
    [[], 69, '--tls'],
    [['--tls', ...identity], 69, '--cacert'],
    [['--tls', ...known], 69, '--cert and --key'],
    [[...known, ...identity, '--sni', 'elsewhere'], 69, 'elsewhere'],
    [[...known, '--cert', file('client.pem')], 64, '--key'],
    [[...known, '--cert', file('client.pem'), '--key', file('server.key')], 64, 'mismatch'],
    [['--cacert', file('client.key'), ...identity], 64, '--cacert'],
    [['--cacert', '/nowhere', ...identity], 64, '/nowhere'],
  ])('with %j ends with %i and says what to do', async (flags, code, words) => {
    const ended = await send(...password, ...(flags as string[]));
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(words);
  });
});

describe('CONFIG SET', () => {
  /** The name in the certificate that a new connection sees. */
  async function shown(to: number, identity: object = signed): Promise<string> {
    const socket: TLSSocket = tlsConnect({ host: '127.0.0.1', port: to, ca, ...identity });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  }

  it('renews what clients with TLS are shown, and whom kvd takes, and keeps who is there', async () => {
    await using renewed = await start('--port', '0');
    const options = { port: renewed.port, tls: { ca, ...signed } };
    await using client = await connect(options);
    expect(await shown(renewed.port)).toBe('server');
    const cert = ['tls-cert-file', file('client.pem')] as const;
    expect(await client.configSet(...cert, 'tls-key-file', file('client.key'))).toBe('OK');
    expect(await shown(renewed.port)).toBe('client');
    expect(await client.configGet('tls-cert-file')).toEqual({
      'tls-cert-file': file('client.pem'),
    });
    expect(await failure({ ...options, tls: { ca } })).toMatchObject({ code: 'CONNECT' });
    await client.configSet('tls-auth-clients', 'no');
    await using stranger = await connect({ ...options, tls: { ca } });
    expect(await stranger.ping()).toBe('PONG');
    expect(await client.ping()).toBe('PONG');
  });

  it('reads files again that have the names they had', async () => {
    const [certFile, keyFile] = [join(root, 'renewed.pem'), join(root, 'renewed.key')];
    const put = (name: string) => {
      writeFileSync(certFile, pem(`${name}.pem`));
      writeFileSync(keyFile, pem(`${name}.key`));
    };
    put('server');
    const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile];
    await using renewed = await start('--port', '0', ...files);
    await using client = await connect({ port: renewed.port, tls: { ca, ...signed } });
    put('client');
    expect(await shown(renewed.port)).toBe('server');
    await client.configSet('tls-cert-file', certFile);
    expect(await shown(renewed.port)).toBe('client');
  });

  it('changes nothing where files are missing or do not belong together', async () => {
    await using renewed = await start('--port', '0');
    await using client = await connect({ port: renewed.port, tls: { ca, ...signed } });
    const bad = [
      ['tls-cert-file', '/nowhere'],
      ['tls-key-file', file('client.key')],
      ['tls-ca-cert-file', file('client.key')],
      ['tls-cert-file', ''],
    ] as const;
    for (const pair of bad) {
      const error = await client
        .configSet(pair[0], pair[1], 'timeout', '77')
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ replyCode: 'ERR', message: expect.stringContaining(pair[0]) });
    }
    expect(await client.configGet('timeout')).toEqual({ timeout: '0' });
    expect(await shown(renewed.port)).toBe('server');
  });
});

describe('a kvd that asks for no certificates, but looks at them', () => {
  it('takes clients with a good one and without any', async () => {
    await using optional = await start('--port', '0', '--tls-auth-clients', 'optional');
    for (const identity of [{}, signed]) {
      await using client = await connect({ port: optional.port, tls: { ca, ...identity } });
      expect(await client.ping()).toBe('PONG');
    }
    const stranger = { port: optional.port, tls: { ca, ...unsigned } };
    expect(await failure(stranger)).toMatchObject({ code: 'CONNECT' });
  });
});

describe('a client that does not even begin with TLS', () => {
  it('does not keep kvd from stopping', async () => {
    const stopping = await start('--port', '0');
    const socket = netConnect(stopping.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    const startedAt = performance.now();
    expect((await stopping.kill('SIGTERM')).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    socket.destroy();
  });
});

describe('a client', () => {
  it('tells its password to nobody whose certificate it does not know', async () => {
    let received = 0;
    const identity = { cert: pem('server.pem'), key: pem('server.key') };
    const server = createTlsServer(identity, (socket) => {
      socket.on('error', () => {});
      socket.on('data', ({ length }) => {
        received += length;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: elsewhere } = server.address() as AddressInfo;
    const to = { host: '127.0.0.1', port: elsewhere, password: 'secret' };
    expect(await failure({ ...to, tls: true })).toMatchObject({
      code: 'CONNECT',
      cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    });
    expect(await failure({ ...to, tls: { ca, servername: 'elsewhere' } })).toMatchObject({
      code: 'CONNECT',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(received).toBe(0);
  });
});

describe('the files of TLS', () => {
  const identityOf = (flags: Record<string, string>) => {
    const all = {
      'tls-port': '6380',
      'tls-cert-file': file('server.pem'),
      'tls-key-file': file('server.key'),
      ...flags,
    };
    return tlsIdentity(resolveConfig({ flags: all, env: {}, file: undefined }).config);
  };

  it('need no authority when clients need no certificate', () => {
    expect(identityOf({ 'tls-auth-clients': 'no' })).toMatchObject({ clients: 'none' });
    expect(identityOf({ 'tls-port': '0' })).toBeUndefined();
  });

  it.each([
    [{}, 'tls-ca-cert-file'],
    [{ 'tls-cert-file': '', 'tls-auth-clients': 'no' }, 'tls-cert-file'],
    [{ 'tls-key-file': '', 'tls-auth-clients': 'no' }, 'tls-key-file'],
    [{ 'tls-cert-file': '/nowhere', 'tls-auth-clients': 'no' }, '/nowhere'],
    [{ 'tls-key-file': file('client.key'), 'tls-auth-clients': 'no' }, 'tls-key-file'],
    [{ 'tls-cert-file': file('server.key'), 'tls-auth-clients': 'no' }, 'tls-cert-file'],
    [{ 'tls-ca-cert-file': file('client.key') }, 'tls-ca-cert-file'],
  ])('%o is refused by its name', (flags, name) => {
    expect(() => identityOf(flags as unknown as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(name) }),
    );
    expect(() => identityOf(flags as unknown as Record<string, string>)).toThrow(ConfigError);
  });
});
