import { readCommandLine } from './cli/arguments.ts';
import { helpText } from './cli/help.ts';
import { type Streams, sendCommand } from './cli/one-shot.ts';
import { topicHelp } from './cli/topic-help.ts';
import { ExitCode } from './exit-codes.ts';
import { explainFailure } from './failure.ts';
import { serve } from './serve.ts';
import { toolNamed } from './tools/tools.ts';
import { version } from './version.ts';

/** Does what the command line says; answers the exit code. */
export async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  streams: Streams,
): Promise<ExitCode> {
  const { stdout, stderr } = streams;
  try {
    const { flags, file, help, version: asked, command, client } = readCommandLine(argv);
    if (help === undefined && !asked && command.length === 0) {
      await serve({ flags, env, file: file ?? (env.KVD_CONFIG || undefined) });
      return ExitCode.OK;
    }
    endWithReader(streams);
    const colors = stdout.isTTY === true && stdout.hasColors?.() === true;
    const tool = toolNamed(command[0]);
    if (help?.length === 0) stdout.write(helpText(version, colors));
    else if (help !== undefined) stdout.write(topicHelp(help));
    else if (asked) stdout.write(`${version}\n`);
    else if (tool !== undefined && command.some((word) => word === '--help' || word === '-h'))
      stdout.write(topicHelp(command));
    else if (tool !== undefined)
      return await tool.run(command.slice(1), { ...streams, clock: Date });
    else return await sendCommand(command, { client, port: flags.port, env }, streams);
    return ExitCode.OK;
  } catch (error) {
    const failure = explainFailure(error);
    if (failure === undefined) throw error;
    stderr.write(`kvd: ${failure.message}\n`);
    return failure.exitCode;
  }
}

/** `kvd --help | head -1` ends quietly; output that can't be written for another reason is a failure. */
function endWithReader({ stdout, stderr }: Streams): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    stderr.write(`kvd: cannot write the output: ${error.message}\n`);
    process.exit(ExitCode.IO);
  });
}
