import { defineProject } from 'vitest/config';
import { project } from '../../vitest.base.ts';

export default defineProject(project('@kv/bench'));
