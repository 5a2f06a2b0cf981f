const INTERVAL_MS = 5000;

/** Says on stderr now and then how far long work has come. */
export function progress(what: string, total: number): (done: number) => void {
  let last = performance.now();
  return (done) => {
    const now = performance.now();
    if (now - last < INTERVAL_MS) return;
    last = now;
    console.error(`  ${what}: ${Math.round((done / total) * 100)}%`);
  };
}
