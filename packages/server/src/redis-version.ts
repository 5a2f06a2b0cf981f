/** The Redis whose commands, replies and errors are followed: what clients and tools are told that ask. */
export const REDIS_VERSION = '7.0.15';
