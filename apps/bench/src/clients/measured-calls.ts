/** How many calls are kept in flight. */
export const IN_FLIGHT = [1, 50, 1000] as const;

export const CALL_NAMES = ['get', 'set'] as const;
