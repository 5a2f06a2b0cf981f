import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parse as parseToml } from 'smol-toml';
import { ConfigError, nearest } from './config-error.ts';
import type { BindAddress } from './kinds.ts';
import { type Config, OPTIONS, type Option } from './options.ts';

/** Where a value came from, for messages: `--port`, `KVD_PORT`, `kvd.toml: port`. */
interface Given {
  readonly text: string;
  readonly from: string;
}

/** What the daemon is configured by. */
export interface ConfigSources {
  /** Flags by option name. */
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A TOML file; `--config` or `KVD_CONFIG`. */
  readonly file: string | undefined;
}

/** A usable configuration, and what is worth a warning. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
}

const names: readonly string[] = OPTIONS.map(({ name }) => name);

/** `protected-mode` is `KVD_PROTECTED_MODE`. */
export function environmentName(name: string): string {
  return `KVD_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Puts the configuration together: flags win over the environment, the environment
 * over the file, the file over the defaults.
 *
 * @throws {@link ConfigError} naming the option, its value and what is allowed
 */
export function resolveConfig({ flags, env, file }: ConfigSources): ResolvedConfig {
  const warnings: string[] = [];
  const given = new Map<string, Given>();
  if (file !== undefined) for (const [name, value] of fromFile(file)) given.set(name, value);
  for (const [name, value] of fromEnvironment(env, warnings)) given.set(name, value);
  for (const [name, text] of Object.entries(flags)) given.set(name, { text, from: `--${name}` });
  const entries = OPTIONS.map((option) => [
    option.name,
    checkedValue(option, given.get(option.name)),
  ]);
  const config = Object.fromEntries(entries) as Config;
  checkTogether(config);
  return { config, warnings };
}

function checkedValue(option: Option, given: Given | undefined): unknown {
  const value = option.kind.parse(given?.text ?? option.default);
  if (value !== undefined) return value;
  const { text, from } = given as Given;
  const shown = option.secret ? 'the value given' : JSON.stringify(text);
  const hint = text.startsWith('tcp://')
    ? ' (Kubernetes sets such variables for a service of that name; enableServiceLinks: false in the pod turns them off)'
    : '';
  throw new ConfigError('CONFIG', `${from}: ${shown} must be ${option.kind.allowed}${hint}`);
}

function* fromEnvironment(
  env: ConfigSources['env'],
  warnings: string[],
): Iterable<[string, Given]> {
  const known = new Map<string, Option>(OPTIONS.map((o) => [environmentName(o.name), o]));
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('KVD_') || text === undefined) continue;
    const option = known.get(variable);
    const secret = variable.endsWith('_FILE') ? known.get(variable.slice(0, -5)) : undefined;
    if (option !== undefined) yield [option.name, { text, from: variable }];
    else if (secret?.secret) {
      const other = environmentName(secret.name);
      if (env[other] !== undefined)
        throw new ConfigError('CONFIG', `${variable} and ${other} are both set; unset one`);
      yield [secret.name, { text: readSecret(variable, text), from: variable }];
    } else if (variable !== 'KVD_CONFIG' && variable !== 'KVD_URL')
      warnings.push(unknownVariable(variable, [...known.keys()]));
  }
}

/** Other programs may have such variables, so this is no error. */
function unknownVariable(variable: string, known: readonly string[]): string {
  const near = nearest(variable, known);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `the environment variable ${variable} is not an option of kvd${hint}`;
}

function readSecret(variable: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new ConfigError(
      'CONFIG',
      `${variable}: cannot read ${path}: ${(error as Error).message}`,
    );
  }
  // An empty password is none: whoever names a file wants to be protected by what is in it.
  if (text === '') throw new ConfigError('CONFIG', `${variable}: ${path} is empty`);
  return text;
}

function* fromFile(path: string): Iterable<[string, Given]> {
  let table: Record<string, unknown>;
  try {
    table = parseToml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError('CONFIG', `cannot use ${path}: ${(error as Error).message}`);
  }
  for (const [name, value] of Object.entries(table)) {
    const from = `${path}: ${name}`;
    if (!names.includes(name)) throw new ConfigError('CONFIG', unknownOption(from, name));
    yield [name, { text: textOf(from, value), from }];
  }
}

/** Sentence for an option that does not exist. */
function unknownOption(from: string, name: string): string {
  const near = nearest(name, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `${from} is not an option of kvd${hint} (kvd --help lists them)`;
}

/** TOML's numbers, booleans and arrays as the text that flags have. */
function textOf(from: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (['string', 'number', 'bigint'].includes(typeof value)) return String(value);
  if (Array.isArray(value)) return value.map((item) => textOf(from, item)).join(' ');
  throw new ConfigError('CONFIG', `${from} must be a string, a number, a boolean or a list`);
}

/** What no option can say for itself. */
function checkTogether(config: Config): void {
  const exposed = config.bind.filter((address) => !isLoopback(address));
  if (config['protected-mode'] && config.requirepass === '' && exposed.length > 0)
    throw new ConfigError(
      'CONFIG',
      `bind: ${exposed.map(({ host }) => host).join(' ')} can be reached from other machines, and anybody there could read and delete everything. Set requirepass, or bind to 127.0.0.1, or say protected-mode no if the network itself is closed`,
    );
}

function isLoopback({ host }: BindAddress): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** The options as CONFIG GET shows them; secrets are blanked. */
export function* shownConfig(config: Config): Iterable<readonly [string, string]> {
  for (const option of OPTIONS) yield [option.name, shown(option, config[option.name])];
}

function shown(option: Option, value: unknown): string {
  if (option.secret) return value === '' ? '' : '********';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (!Array.isArray(value)) return String(value);
  return value
    .map((item: number | Record<string, unknown>) =>
      typeof item === 'number'
        ? String(item)
        : 'host' in item
          ? `${item.optional ? '-' : ''}${item.host}`
          : `${item.seconds} ${item.changes}`,
    )
    .join(' ');
}
