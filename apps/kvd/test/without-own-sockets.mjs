// To be loaded before everything else: a Node.js that does not let a socket take another's
// handle over, which servers rely on where they can. `pnpm fallback` runs all tests on it.
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

net.Socket = new Proxy(net.Socket, {
  construct(target, [options], newTarget) {
    const takesOver = options?.handle !== undefined && options.onread !== undefined;
    const { handle, onread, ...rest } = options ?? {};
    return Reflect.construct(target, [takesOver ? rest : options], newTarget);
  },
});
syncBuiltinESMExports();
