// pnpm --filter @kv/protocol run commands: writes COMMANDS.md from the table.
import { writeFileSync } from 'node:fs';
import { commandsPage } from '../src/commands/page.ts';

writeFileSync(new URL('../COMMANDS.md', import.meta.url), commandsPage());
