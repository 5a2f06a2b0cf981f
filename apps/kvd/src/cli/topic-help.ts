import { COMMANDS, type CommandRow, commandNamed, commandSyntax, isContainer } from '@kv/protocol';
import { toolNamed } from '../tools/tools.ts';
import { unknownCommand } from './unknown-command.ts';

/**
 * The text of `kvd help WORDS`: of a command how it is written and what it does, of one with subcommands
 * the list of them, of a tool its usage.
 *
 * @throws ConfigError `USAGE`: there is nothing of that name
 */
export function topicHelp(words: readonly string[]): string {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase());
  const tool = toolNamed(first);
  if (tool !== undefined) return `kvd ${tool.name} ${tool.usage}\n\n${tool.summary}\n`;
  const row = commandNamed(`${first} ${second}`) ?? commandNamed(first);
  if (row !== undefined && !(isContainer(first) && second === '')) return commandHelp(row);
  if (!isContainer(first)) throw unknownCommand(words[0] as string);
  const own = COMMANDS.filter(({ name }) => name === first || name.startsWith(`${first} `));
  return own.map((each) => `${commandSyntax(each)}\n  ${each.summary}\n`).join('');
}

function commandHelp(row: CommandRow): string {
  const facts = [row.summary, row.differs && `Other than in Redis: ${row.differs}`];
  const time = `Time: ${row.complexity}`;
  return `${[commandSyntax(row), ...facts, time].filter(Boolean).join('\n\n')}\n`;
}
