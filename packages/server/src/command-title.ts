import type { CompiledCommand } from '@kv/protocol';

/** A command's name as Redis writes it in replies: `config|get`. */
export function commandTitle({ row }: Pick<CompiledCommand, 'row'>): string {
  return row.name.toLowerCase().replace(' ', '|');
}
