/** Sizes of values, one phase after the other. */
export const CHURN_PHASES: readonly {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}[] = [
  { name: 'values of 8-400 bytes', min: 8, max: 400 },
  { name: 'then of 8-64', min: 8, max: 64 },
  { name: 'then of 200-400', min: 200, max: 400 },
];
