// The page of the state of the server: draws what /q/metrics says every two seconds, for the last four minutes.
import { get, getJson } from './api.js';
import { formatBytes, formatCount } from './bytes.js';
import { greatest, increase, parseMetrics, quantile, sum } from './metrics.js';

const INTERVAL_MS = 2_000;
const POINTS = 120;
const SVG = 'http://www.w3.org/2000/svg';

const REQUESTS = 'line_server_requests_total';
const LATENCY = 'line_server_request_seconds';
const LOOP_LAG = 'line_server_event_loop_lag_max_seconds';
const CHECK_AGE = 'line_server_version_check_age_seconds';
const IN_FLIGHT = 'line_server_requests_in_flight';
const BUILD = { running: 'line_server_build_running', lines: 'line_server_build_lines', bytes: 'line_server_build_bytes', of: 'line_server_build_source_bytes' };

const element = (id) => document.getElementById(id);

/** A small chart of the last readings of one or two quantities, with the latest in words. */
class Chart {
  #values;
  #lines;
  #latest = document.createElement('span');
  #scale = document.createElement('div');
  #figure = document.createElement('figure');
  #format;

  constructor(title, format, series) {
    this.#format = format;
    this.#values = series.map(() => []);
    this.#figure.className = 'chart';
    const caption = document.createElement('figcaption');
    const name = document.createElement('span');
    name.textContent = title;
    caption.append(name, this.#latest);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${POINTS - 1} 100`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    this.#lines = series.map((_, i) => {
      const line = document.createElementNS(SVG, 'polyline');
      if (i) line.setAttribute('class', 'second');
      svg.append(line);
      return line;
    });
    this.#scale.className = 'scale';
    this.#figure.append(caption, svg, this.#scale);
    this.series = series;
    element('charts').append(this.#figure);
  }

  /** Adds a reading; an undefined value is a gap in the words and no point in the chart. */
  add(...latest) {
    latest.forEach((value, i) => {
      this.#values[i].push(value);
      if (this.#values[i].length > POINTS) this.#values[i].shift();
    });
    const max = Math.max(...this.#values.flat().filter((value) => value !== undefined), 0);
    this.#values.forEach((values, i) => {
      const from = POINTS - values.length;
      const points = values.map((value, at) => (value === undefined ? '' : `${from + at},${97 - (max ? (94 * value) / max : 0)}`));
      this.#lines[i].setAttribute('points', points.filter(Boolean).join(' '));
    });
    const words = latest.map((value, i) => {
      const text = value === undefined ? '–' : this.#format(value);
      return this.series[i] ? `${this.series[i]} ${text}` : text;
    });
    this.#latest.textContent = words.join(', ');
    this.#scale.textContent = `highest ${this.#format(max)}`;
  }
}

const perSecond = (value) => `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })}/s`;

function duration(seconds) {
  if (seconds < 1e-3) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toPrecision(3)} ms`;
  return seconds < 120 ? `${seconds.toPrecision(3)} s` : `${Math.round(seconds / 60)} min`;
}

const requests = new Chart('Requests', perSecond, ['']);
const latency = new Chart('Latency of lines', duration, ['median', '99 %']);
const errors = new Chart('Errors', perSecond, ['client (4xx)', 'server (5xx)']);
const lag = new Chart('Lag of the event loops', duration, ['']);
const flying = new Chart('Requests in flight', formatCount, ['']);
const age = new Chart('Age of the last version check', duration, ['']);

let before = null;
let beforeAt = 0;

async function readMetrics() {
  const text = await (await get('q/metrics')).text();
  const at = performance.now();
  const metrics = parseMetrics(text);
  if (before) {
    const seconds = (at - beforeAt) / 1_000;
    const rate = (where) => increase(sum(before, REQUESTS, where), sum(metrics, REQUESTS, where)) / seconds;
    requests.add(rate());
    latency.add(quantile(0.5, before, metrics, LATENCY), quantile(0.99, before, metrics, LATENCY));
    errors.add(
      rate(({ status }) => status.startsWith('4')),
      rate(({ status }) => status.startsWith('5')),
    );
    lag.add(greatest(metrics, LOOP_LAG));
    flying.add(greatest(metrics, IN_FLIGHT));
    age.add(greatest(metrics, CHECK_AGE));
  }
  before = metrics;
  beforeAt = at;
  const builds = metrics.get(BUILD.running) ?? [];
  element('builds-section').hidden = !builds.length;
  fillTable(
    element('builds'),
    builds.map(({ labels: { dataset }, value }) => {
      const of = (name) => sum(metrics, name, (labels) => labels.dataset === dataset);
      const whole = of(BUILD.of);
      const part = whole > 0 ? `, ${Math.floor((100 * of(BUILD.bytes)) / whole)} %` : '';
      return [dataset, value ? 'under way' : 'ended unfinished', formatCount(of(BUILD.lines)), `${formatBytes(of(BUILD.bytes))}${part}`];
    }),
    [false, false, true, true],
  );
}

async function readHealth() {
  // Not ready is an answer, too, with the status 503.
  const response = await fetch('q/health/ready');
  const { status, checks } = await response.json();
  const store = checks.find(({ name }) => name === 'store');
  const reason = store?.data ? Object.values(store.data).join(' ') : '';
  element('health').className = status === 'UP' ? 'good' : 'bad';
  element('health').textContent = status === 'UP' ? 'The store can be read.' : `The store cannot be read. ${reason}`;
}

async function readDatasets() {
  const { datasets } = await getJson('datasets');
  fillTable(
    element('datasets'),
    datasets.map((version) => [
      version.dataset,
      version.version,
      duration((Date.now() - Date.parse(version.createdAt)) / 1_000),
      formatCount(version.lines),
      formatBytes(version.bytes),
      version.source === '-' ? 'standard input' : version.source,
    ]),
    [false, true, false, true, true, false],
  );
}

function fillTable(body, rows, quantities) {
  body.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement('tr');
      cells.forEach((text, i) => {
        const cell = document.createElement('td');
        if (quantities[i]) cell.className = 'quantity';
        cell.textContent = text;
        row.append(cell);
      });
      return row;
    }),
  );
}

async function read() {
  const results = await Promise.allSettled(document.hidden ? [] : [readMetrics(), readHealth(), readDatasets()]);
  const failure = results.find(({ status }) => status === 'rejected')?.reason;
  element('notice').hidden = !failure;
  if (failure) {
    const detail = failure.status === 404 ? 'The metrics are not at this port; they may have a management port.' : failure.message;
    element('notice').textContent = `${detail} Trying again.`;
  }
  setTimeout(read, INTERVAL_MS);
}

read();
