/** Flags without a value that mean something only with a command. */
export const COMMAND_SWITCHES: readonly string[] = ['json', 'stdin', 'tls', 'insecure'];

const OTHERS = ['-h', '-v', '--help', '--version', ...COMMAND_SWITCHES.map((name) => `--${name}`)];

/**
 * Whether a command line is one that starts a daemon: nothing but options with values. That is known before anything
 * is loaded that knows the options; what is wrong with them, `readCommandLine` finds.
 */
export function startsDaemon(argv: readonly string[]): boolean {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string;
    if (!word.startsWith('--') || OTHERS.includes(word)) return false;
    if (!word.includes('=')) at++;
  }
  return true;
}
