import { check } from './check.ts';
import { diff } from './diff.ts';
import { exportLines } from './export.ts';
import { importEntries } from './import.ts';
import { inspect } from './inspect.ts';
import type { Tool } from './tool.ts';

/** The commands that work on data directories; none has the name of a command of the protocol. */
export const TOOLS: readonly Tool[] = [check, inspect, exportLines, importEntries, diff];

/** The tool that a command line's first word names. */
export function toolNamed(word: string | undefined): Tool | undefined {
  return TOOLS.find(({ name }) => name === word?.toLowerCase());
}
