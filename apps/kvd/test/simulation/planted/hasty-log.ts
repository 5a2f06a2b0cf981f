/** A log with a bug: what asks to be on disk waits for no more than the policy does. */
import { type KeptLogOptions, KeptLog as SoundLog } from '../../../src/kept-log.ts';

export { noLog } from '../../../src/kept-log.ts';

export class KeptLog extends SoundLog {
  static override async open(options: KeptLogOptions): Promise<SoundLog> {
    const log = await SoundLog.open(options);
    log.whenDurable = (released) => log.whenReleased(released);
    return log;
  }
}
