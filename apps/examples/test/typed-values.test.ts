import { expect, it } from 'vitest';
import { order, typedValues } from '../src/typed-values.ts';

it('reads every type back as it was written, and tells null from absent', async () => {
  expect(await typedValues()).toStrictEqual({
    order,
    nothing: null,
    absent: undefined,
    both: [null, undefined],
  });
});
