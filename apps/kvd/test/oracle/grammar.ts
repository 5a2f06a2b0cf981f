// Random commands, from the command table: its arguments, its options, and what breaks
// its rules. The files in grammar/ say what the table does not.
import {
  type Argument,
  COMMANDS,
  type CommandGroup,
  type CommandRow,
  type NamesOfGroup,
  type OptionGroup,
} from '@kv/protocol';
import { argumentWord, type Draw } from './domains.ts';
import type { Words } from './script.ts';

/** How the replies to a command are compared: byte for byte, unless there is a reason. */
export type Comparison =
  | 'exact'
  /** Redis promises no order. */
  | 'unordered'
  /** The content is of the moment or of the server: both must be of one kind. */
  | 'kind';

/** What a grammar says of one command. */
export interface GrammarLine {
  /** How often it comes, beside the others; 1 if left out. */
  readonly weight?: number;
  /** What is sent behind the name, where the table's arguments are not telling enough. */
  readonly words?: (draw: Draw) => Words;
  readonly compare?: Comparison;
  /** Options that Redis 7.0 does not have. */
  readonly leaveOut?: readonly string[];
  /** Why it is not compared at all. */
  readonly skip?: string;
}

/** A line for each command of a group; the compiler asks for it. */
export type Grammar<Group extends CommandGroup> = Readonly<
  Record<NamesOfGroup<Group>, GrammarLine>
>;

/** The commands of one group, with how often each comes. */
export class GroupGrammar {
  readonly name: string;
  private readonly rows: readonly CommandRow[];
  private readonly lines: ReadonlyMap<string, GrammarLine>;
  private readonly weights: readonly number[];
  private readonly total: number;

  constructor(name: string, lines: Readonly<Record<string, GrammarLine>>) {
    this.name = name;
    this.lines = new Map(Object.entries(lines));
    const rows: readonly CommandRow[] = COMMANDS;
    this.rows = rows.filter((row) => {
      const line = this.lines.get(row.name);
      return line !== undefined && line.skip === undefined;
    });
    this.weights = this.rows.map((row) => this.lines.get(row.name)?.weight ?? 1);
    this.total = this.weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** The commands that it draws. */
  get names(): readonly string[] {
    return this.rows.map(({ name }) => name);
  }

  /** A command of the group. */
  draw(draw: Draw): Words {
    const { random } = draw;
    let left = random.next() * this.total;
    let at = 0;
    while (at < this.rows.length - 1 && left >= (this.weights[at] as number))
      left -= this.weights[at++] as number;
    const row = this.rows[at] as CommandRow;
    const { words: own, leaveOut } = this.lines.get(row.name) as GrammarLine;
    const names = row.name.split(' ').map((name) => inAnyCase(name, draw));
    return spoiled([...names, ...(own?.(draw) ?? rowWords(row, draw, leaveOut))], draw);
  }

  /** How the replies to a command of this group are compared; `undefined` of other groups. */
  comparison(words: Words): Comparison | undefined {
    const name = (words[0] ?? '').toUpperCase();
    const both = `${name} ${(words[1] ?? '').toUpperCase()}`;
    const line = this.lines.get(both) ?? this.lines.get(name);
    if (line === undefined) return undefined;
    // What is left out comes by accident only: a word of another command is missing.
    return line.compare ?? (line.skip === undefined ? 'exact' : 'kind');
  }
}

function inAnyCase(name: string, { random }: Draw): string {
  return random.chance(0.1) ? name.toLowerCase() : name;
}

/** Now and then a word too many, or one too few. */
function spoiled(words: Words, draw: Draw): Words {
  const { random } = draw;
  if (words.length > 1 && random.chance(0.01)) return words.slice(0, -1);
  if (random.chance(0.01)) return [...words, random.pick(['x', '1', 'NX', ''])];
  return words;
}

/** Arguments and options as a row of the table has them. */
function rowWords(row: CommandRow, draw: Draw, leaveOut: readonly string[] = []): string[] {
  const { random } = draw;
  const words: string[] = [];
  const repeats = row.repeat ? random.between(1, 3) : 1;
  for (let i = 0; i < repeats; i++) words.push(...argumentsWords(row.args, draw));
  return [...words, ...optionWords(row.options ?? [], draw, leaveOut)];
}

function argumentsWords(args: readonly Argument[], draw: Draw): string[] {
  const words: string[] = [];
  for (const argument of args) {
    if (argument.optional && draw.random.chance(0.3)) break;
    const count = argument.many ? draw.random.between(1, 3) : 1;
    for (let i = 0; i < count; i++) words.push(argumentWord(argument, draw));
  }
  return words;
}

function optionWords(
  groups: readonly OptionGroup[],
  draw: Draw,
  leaveOut: readonly string[],
): string[] {
  const { random } = draw;
  const given: string[][] = [];
  for (const group of random.shuffled(groups)) {
    const tokens = random.shuffled(Object.keys(group).filter((name) => !leaveOut.includes(name)));
    // Now and then two of those that exclude each other.
    const count = random.chance(0.4) ? (random.chance(0.05) ? 2 : 1) : 0;
    for (const token of tokens.slice(0, count))
      given.push([inAnyCase(token, draw), ...argumentsWords(group[token] ?? [], draw)]);
  }
  if (random.chance(0.02)) given.push([random.pick(['NOPE', '', 'EXX'])]);
  // An option without operands may be given again.
  const again = given.find((words) => words.length === 1);
  if (again !== undefined && random.chance(0.05)) given.push(again);
  return random.shuffled(given).flat();
}
