/** The log's directory in the data directory: Redis's name. No client can choose another. */
export const LOG_DIRECTORY = 'appendonlydir';
