import { readFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';

/** The version of a package that bench depends on; `undefined` when it is not installed. */
export function versionOf(name: string): string | undefined {
  try {
    const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return JSON.parse(readFileSync(path, 'utf8')).version;
  } catch {
    return undefined;
  }
}

/** `lru-cache 11.5.3`, or that it is missing. */
export function nameAndVersion(name: string): string {
  return `${name} ${versionOf(name) ?? '(not installed)'}`;
}

/** What the numbers were measured on. */
export function machine(): string {
  const all = cpus();
  return `Node.js ${process.versions.node} (V8 ${process.versions.v8}), ${all.length} × ${all[0]?.model.trim()}, ${type()} ${release()}`;
}
