// Packs every published package, installs the tarballs with plain npm into an empty folder,
// and uses each there, on several versions of Node.js:
//   node scripts/try-packed.mjs            on 22, 24 and 26
//   node scripts/try-packed.mjs 22.18.0    on one
// A line for each check, and `N passed, N failed` at the end; exit code 1 when one failed.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PROGRAM = fileURLToPath(import.meta.resolve('./try-installed.mjs'));
const CHILD_MS_MAX = 110_000;
/** The platform's own package: it holds the binary and runs no install script. */
const PLATFORM = `${process.platform.replace('win32', 'win')}-${process.arch}`;
const NODE_PACKAGE = `node-${PLATFORM === 'darwin-arm64' ? 'bin-' : ''}${PLATFORM}`;
const NO_DEPENDENCY = new Set(['@kv/store', '@kv/persistence']);
/** What a tarball may hold. */
const PACKED = /^(dist\/.+\.(js|js\.map|d\.ts)|package\.json|LICENSE|[A-Z]+\.md)$/;

const counts = { passed: 0, failed: 0 };

function report(name, error) {
  counts[error === undefined ? 'passed' : 'failed']++;
  console.log(error === undefined ? `ok    ${name}` : `FAIL  ${name}: ${error}`);
}

/** Runs a command within a time limit; rejects with the end of its output when it fails. */
function run(command, args, { cwd = root, env = process.env, onLine } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers();
  // A group of its own, so that nothing that it starts outlives it.
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), CHILD_MS_MAX);
  let out = '';
  let rest = '';
  let all = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
    all += chunk;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) onLine?.(line);
  });
  child.stderr.on('data', (chunk) => {
    all += chunk;
  });
  child.on('error', reject);
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    const said = all.trim().split('\n').slice(-30).join('\n');
    if (code === 0) resolve(out);
    else
      reject(new Error(`${command} ${args.join(' ')}: ${signal ?? `exit code ${code}`}\n${said}`));
  });
  return promise;
}

/** The directories of the packages that are published. */
async function publishedPackages() {
  const found = [];
  for (const group of ['packages', 'apps']) {
    for (const name of (await readdir(join(root, group))).sort()) {
      const text = await readFile(join(root, group, name, 'package.json'), 'utf8').catch(
        () => '{}',
      );
      const manifest = JSON.parse(text);
      if (manifest.name !== undefined && !manifest.private)
        found.push({ name: manifest.name, directory: join(root, group, name) });
    }
  }
  return found;
}

/** Packs one package and looks at what is in the tarball. */
async function pack({ name, directory }, temporary) {
  const destination = join(temporary, 'tarballs', name.replace('/', '-'));
  await mkdir(destination, { recursive: true });
  await run('pnpm', ['pack', '--pack-destination', destination], { cwd: directory });
  const [file] = await readdir(destination);
  const tarball = join(destination, file);

  const unpacked = join(destination, 'unpacked');
  await mkdir(unpacked);
  await run('tar', ['-xzf', tarball, '-C', unpacked]);
  const entries = await readdir(unpacked, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(`${unpacked}/package/`.length));
  const strays = paths.filter((path) => !PACKED.test(path) || /\btests?\b/.test(path));
  report(
    `${name}: the tarball holds only dist, pages and the licence`,
    strays.join(', ') || undefined,
  );
  for (const required of ['package.json', 'LICENSE', 'README.md'])
    report(`${name}: ${required} is in it`, paths.includes(required) ? undefined : 'it is missing');

  const manifest = JSON.parse(await readFile(join(unpacked, 'package/package.json'), 'utf8'));
  const traces = [];
  for (const path of paths) {
    // Scripts run in the repository only.
    const text =
      path === 'package.json'
        ? JSON.stringify({ ...manifest, scripts: undefined })
        : await readFile(join(unpacked, 'package', path), 'utf8');
    if (text.includes('kv-source')) traces.push(path);
  }
  report(`${name}: no trace of kv-source`, traces.join(', ') || undefined);

  const ranges = Object.values(manifest.dependencies ?? {});
  const local = ranges.filter((range) => /^(workspace|catalog|link|file):/.test(range));
  report(`${name}: its dependencies are versions`, local.join(', ') || undefined);
  if (NO_DEPENDENCY.has(name)) {
    const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies'];
    const some = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
    report(`${name}: no dependency`, some.join(', ') || undefined);
  }
  return tarball;
}

/** Fetches a version of Node.js; answers the directory of its `node`. */
async function installNode(version, temporary) {
  const folder = join(temporary, `node-${version}`);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', `${NODE_PACKAGE}@${version}`], {
    cwd: folder,
  });
  return join(folder, 'node_modules', NODE_PACKAGE, 'bin');
}

/** Installs the tarballs into an empty folder, with npm on that Node.js, and uses them. */
async function tryOn(version, packages, tarballs, temporary) {
  const bin = await installNode(version, temporary);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  for (const name of ['NODE_OPTIONS', 'NODE_PATH']) delete env[name];
  const node = (await run('node', ['--version'], { env })).trim();
  const folder = join(temporary, `app-${version}`);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs], { cwd: folder, env });
  report(`node ${node}: npm install`);
  await cp(PROGRAM, join(folder, 'try-installed.mjs'));
  const names = packages.map(({ name }) => name);
  await run('node', ['try-installed.mjs', ...names], {
    cwd: folder,
    env,
    onLine: (line) => {
      const { name, error } = JSON.parse(line);
      report(`node ${node}: ${name}`, error);
    },
  });
}

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];
const temporary = await mkdtemp(join(tmpdir(), 'kv-packed-'));
try {
  const packages = await publishedPackages();
  const filters = packages.map(({ name }) => `--filter=${name}`);
  await run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...filters]);
  const tarballs = [];
  for (const one of packages) tarballs.push(await pack(one, temporary));
  for (const version of versions) {
    await tryOn(version, packages, tarballs, temporary).catch((error) =>
      report(`node ${version}`, error.message),
    );
  }
} catch (error) {
  report('building and packing', error.message);
} finally {
  await rm(temporary, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
