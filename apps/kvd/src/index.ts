export { ConfigError } from './config/config-error.ts';
export { DataDirectoryError } from './directory-lock.ts';
export { type Kvd, type StartOptions, startKvd } from './start.ts';
