import { describe, expect, it } from 'vitest';
import { holdIdleConnections, runOutOfDescriptors, trickle } from './crowds.ts';
import { sendMutatedFrames } from './mutated-frames.ts';
import { ignoreReplies } from './slow-readers.ts';

// `pnpm hostile` is the same in full length. How long others wait is measured, and a host that takes the processor away
// while it is counts too: what the server does wrong it does each time. So that this holds, the frames are the same then.
const seed = Math.floor(Math.random() * 2 ** 31);

describe.skipIf(process.platform !== 'linux')(
  'a server in a process of its own (skipped where there is no /proc)',
  { retry: 2 },
  () => {
    it('answers or closes whatever is wrong in a frame, and does not grow', async () => {
      const { failures } = await sendMutatedFrames(10_000, seed);
      expect(failures, `seed ${seed}`).toEqual([]);
    });

    it('holds idle connections in 20 KiB each', async () => {
      expect((await holdIdleConnections(1000)).failures).toEqual([]);
    });

    it('serves others beside clients that send byte by byte', async () => {
      expect((await trickle(50, 5, 20)).failures).toEqual([]);
    });

    it('serves others beside clients that read nothing, and does not grow with them', async () => {
      expect((await ignoreReplies(10, 0)).failures).toEqual([]);
    });

    it('goes on when descriptors have run out, and when there are some again', async () => {
      expect((await runOutOfDescriptors(100)).failures).toEqual([]);
    });
  },
);
