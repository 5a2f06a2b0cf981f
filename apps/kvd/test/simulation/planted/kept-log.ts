/** A log with a bug: only what has changed something itself waits for the disk, and what is read does not. */
import { type KeptLogOptions, KeptLog as SoundLog } from '../../../src/kept-log.ts';

export { noLog } from '../../../src/kept-log.ts';

export class KeptLog extends SoundLog {
  static override async open(options: KeptLogOptions): Promise<SoundLog> {
    const log = await SoundLog.open(options);
    const sound = Object.getOwnPropertyDescriptor(SoundLog.prototype, 'holds');
    const position = () => options.engine.effects?.position ?? 0;
    let seen = 0;
    Object.defineProperty(log, 'holds', {
      get: () => position() !== seen && sound?.get?.call(log),
    });
    // Asked for every reply that waits.
    log.whenReleased = (released) => {
      seen = position();
      SoundLog.prototype.whenReleased.call(log, released);
    };
    return log;
  }
}
