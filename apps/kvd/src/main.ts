#!/usr/bin/env node
import { readCommandLine } from './cli/arguments.ts';
import { helpText } from './cli/help.ts';
import { sendCommand } from './cli/one-shot.ts';
import { ExitCode } from './exit-codes.ts';
import { explainFailure } from './failure.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

/** Does what the command line says; answers the exit code. */
async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<ExitCode> {
  try {
    const { flags, file, help, version: asked, command, client } = readCommandLine(argv);
    if (help) process.stdout.write(helpText(version));
    else if (asked) process.stdout.write(`${version}\n`);
    else if (command.length > 0)
      return await sendCommand(
        command,
        { client, port: flags.port, url: client.url ?? env.KVD_URL },
        process,
      );
    else await serve({ flags, env, file: file ?? env.KVD_CONFIG });
    return ExitCode.OK;
  } catch (error) {
    const failure = explainFailure(error);
    if (failure === undefined) throw error;
    process.stderr.write(`kvd: ${failure.message}\n`);
    return failure.exitCode;
  }
}

process.exitCode = await main(process.argv.slice(2), process.env);
