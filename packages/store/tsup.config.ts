import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({
  ...base,
  entry: { index: 'src/index.ts', 'conformance/index': 'src/conformance/index.ts' },
  platform: 'neutral',
});
