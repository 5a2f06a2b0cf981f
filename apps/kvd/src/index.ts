export { ConfigError } from './config/config-error.ts';
export { type Kvd, type StartOptions, startKvd } from './start.ts';
