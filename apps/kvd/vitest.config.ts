import { defineProject } from 'vitest/config';
import { project } from '../../vitest.base.ts';
import { MEASURED } from './vitest.measured.config.ts';

const { test, ...rest } = project('@kv/kvd');
export default defineProject({ ...rest, test: { ...test, exclude: MEASURED } });
