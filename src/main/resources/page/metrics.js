// Prometheus metrics as text: reading them, and what follows from two of them.

/** Reads a text into a map from the name of a metric to its samples {labels, value}. */
export function parseMetrics(text) {
  const metrics = new Map();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match || line.startsWith('#')) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    const samples = metrics.get(match[1]) ?? [];
    samples.push({ labels, value: number(match[3]) });
    metrics.set(match[1], samples);
  }
  return metrics;
}

function number(text) {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

/** Adds the samples of a metric, those that `where` accepts. */
export function sum(metrics, name, where = () => true) {
  return (metrics.get(name) ?? []).filter(({ labels }) => where(labels)).reduce((total, { value }) => total + value, 0);
}

/** The greatest sample of a metric; undefined if there is none. */
export function greatest(metrics, name) {
  const samples = metrics.get(name) ?? [];
  return samples.length ? Math.max(...samples.map(({ value }) => value)) : undefined;
}

/** The increase of a counter; after a restart of the server, its value. */
export function increase(before, after) {
  return after >= before ? after - before : after;
}

/**
 * Estimates a quantile, from 0 to 1, of what was counted between two readings of a histogram, as Prometheus does: values
 * are taken to be spread evenly within a bucket. Returns undefined if nothing was counted.
 */
export function quantile(q, before, after, name) {
  const bounds = [...new Set((after.get(`${name}_bucket`) ?? []).map(({ labels }) => labels.le))].map(number).sort((a, b) => a - b);
  const counts = bounds.map((bound) => {
    const of = (metrics) => sum(metrics, `${name}_bucket`, ({ le }) => number(le) === bound);
    return increase(of(before), of(after));
  });
  const total = counts.at(-1);
  if (!total) return undefined;
  const rank = q * total;
  const i = counts.findIndex((count) => count >= rank);
  if (bounds[i] === Infinity) return bounds[i - 1];
  const [lowest, below] = i ? [bounds[i - 1], counts[i - 1]] : [0, 0];
  return lowest + ((bounds[i] - lowest) * (rank - below)) / (counts[i] - below || 1);
}
