import type { Configuration } from '@kv/server';
import { ConfigError } from './config-error.ts';
import { type Config, OPTIONS, type Option } from './options.ts';
import { shownConfig } from './resolve.ts';
import { replaceFile, rewritten } from './rewrite-file.ts';

type Name = keyof Config;

/** What is done when an option has changed; the new configuration is in force by then. */
export type Effects = Partial<Record<Name, (config: Config) => void>>;

/**
 * What has to be right before an option changes, beyond its own value. Throws a {@link ConfigError}
 * otherwise, and nothing is changed.
 */
export type Checks = Partial<Record<Name, (config: Config) => void>>;

const BY_NAME: ReadonlyMap<string, Option> = new Map(OPTIONS.map((row) => [row.name, row]));

/** The configuration in force: what a daemon was started with, and what CONFIG SET has changed. */
export class LiveConfig implements Configuration {
  private config: Config;
  private readonly effects: Effects;
  private readonly checks: Checks;
  private readonly file: string | undefined;
  /** What CONFIG SET has changed, as text. */
  private readonly changed = new Map<string, string>();

  /**
   * @param effects - one for each option that can change, even if it has nothing to do
   * @param checks - for those that need one
   * @param file - where the configuration was read from, if it was
   */
  constructor(config: Config, effects: Effects, checks: Checks, file: string | undefined) {
    this.config = config;
    this.effects = effects;
    this.checks = checks;
    this.file = file;
  }

  /** As it is now. */
  get current(): Config {
    return this.config;
  }

  parameters(): Iterable<readonly [string, string]> {
    return shownConfig(this.config);
  }

  /** Changes all of these or none; the sentences are Redis's. */
  change(pairs: readonly (readonly [string, string])[]): string | undefined {
    const changed = new Map<Name, unknown>();
    for (const [name, text] of pairs) {
      const row = BY_NAME.get(name);
      if (row === undefined)
        return `Unknown option or number of arguments for CONFIG SET - '${printed(name)}'`;
      const failed = `CONFIG SET failed (possibly related to argument '${name}')`;
      if (!(name in this.effects)) return `${failed} - can't set immutable config`;
      if (changed.has(name as Name)) return `${failed} - duplicate parameter`;
      const value = row.kind.parse(text);
      if (value === undefined) return `${failed} - argument must be ${row.kind.allowed}`;
      changed.set(name as Name, value);
    }
    const config = { ...this.config, ...Object.fromEntries(changed) };
    for (const name of changed.keys()) {
      const problem = this.problem(name, config);
      if (problem !== undefined)
        return `CONFIG SET failed (possibly related to argument '${name}') - ${problem}`;
    }
    this.config = config;
    for (const name of changed.keys()) this.effects[name]?.(this.config);
    for (const [name, text] of pairs) this.changed.set(name, text);
    return undefined;
  }

  /** What a check has against a configuration. */
  private problem(name: Name, config: Config): string | undefined {
    try {
      this.checks[name]?.(config);
      return undefined;
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }

  rewrite(): string | undefined {
    if (this.file === undefined) return 'The server is running without a config file';
    try {
      if (replaceFile(this.file, (text) => rewritten(text, this.changed))) return undefined;
      return 'Rewriting config file: it is written in a way that can only be changed by hand';
    } catch (error) {
      return `Rewriting config file: ${(error as Error).message}`;
    }
  }
}

/** A name that a client made up, as it may stand in an error. */
function printed(name: string): string {
  return name
    .slice(0, 128)
    .replace(/[\r\n]/g, ' ')
    .replace(/[^ -~]/g, '?');
}
