// The page of lines: which dataset, version and lines are shown, by its address:
// ?dataset=D&version=V#42 or #40-60. Without a version, the current one.
import { getJson } from './api.js';
import { appendBytes, appendText, formatBytes, formatCount } from './bytes.js';
import { Blocks, FOLD } from './blocks.js';
import { Detail } from './detail.js';
import { LineList } from './list.js';

const FIRST = Number(document.documentElement.dataset.firstLine);
const VERSION_CHECK_MS = 3_000;
const MAX_RETRY_MS = 15_000;

const element = (id) => document.getElementById(id);
const encode = encodeURIComponent;

let dataset = document.documentElement.dataset.dataset;
// The manifest of the version on the screen; null until the first one has arrived.
let shown = null;
// Whether the address names the version.
let pinned = false;
let blocks = null;
let retries = 0;
// Why lines that are not on the screen cannot be read any more.
let ended = '';
let retryTimer = 0;
// Counts the calls of show(): the answer to an earlier one may come late.
let calls = 0;

const detail = new Detail(announce, () => element('lines').focus());
const list = new LineList(element('lines'), { fill, moved, chosen, opened });

function announce(text) {
  element('state').textContent = text;
}

function notify(text, action = '', act = null) {
  const [span, button] = element('notice').children;
  element('notice').hidden = !text;
  span.textContent = text;
  button.hidden = !action;
  button.textContent = action;
  button.onclick = act;
}

// ---------------------------------------------------------------- the address

function addressed() {
  const query = new URLSearchParams(location.search);
  return { dataset: query.get('dataset'), version: query.get('version'), lines: decodeURIComponent(location.hash.slice(1)) };
}

function address(lines) {
  const query = new URLSearchParams();
  if (dataset !== document.documentElement.dataset.dataset) query.set('dataset', dataset);
  if (pinned) query.set('version', shown.version);
  const text = query.toString();
  return `${location.pathname}${text && `?${text}`}${lines && `#${lines}`}`;
}

/** The address that shows a line of this version for ever. */
function link(number) {
  const query = new URLSearchParams({ dataset, version: shown.version });
  return new URL(`${location.pathname}?${query}#${number}`, location.href).href;
}

// ---------------------------------------------------------------- lines

function linesPath(version = shown.version) {
  return `datasets/${encode(dataset)}/versions/${encode(version)}/lines`;
}

function fill(row, index) {
  const line = blocks.line(index);
  const [number, text] = row.children;
  if (row.shownLine === line && row.shownIndex === index && line) return;
  row.shownLine = line;
  row.shownIndex = index;
  number.textContent = index + FIRST;
  text.replaceChildren();
  text.classList.toggle('absent', !line || line.outcome !== undefined);
  if (!line) text.textContent = '…';
  else if (line.outcome === 'too-long') text.textContent = `a line of ${formatBytes(line.length)}: choose it to see its beginning`;
  else if (line.outcome !== undefined) text.textContent = line.detail ?? line.outcome;
  else if (line.bytes) appendBytes(text, line.bytes);
  else appendText(text, line.text);
  if (line?.folded) {
    const fold = document.createElement('span');
    fold.className = 'fold';
    fold.textContent = ` … (cut after ${formatCount(FOLD)}; choose the line to see more)`;
    text.append(fold);
  }
}

function moved() {
  if (!shown || !blocks) return;
  if (!shown.lines) {
    announce('This version has no lines.');
    return;
  }
  const from = list.first;
  const to = from + list.size - 1;
  blocks.want(from, to);
  if (retryTimer || ended) return;
  const names = `${formatCount(from + FIRST)} to ${formatCount(to + FIRST)} of ${formatCount(shown.lines)}`;
  let missing = 0;
  for (let index = from; index <= to; index++) if (!blocks.line(index)) missing++;
  announce(missing ? `Waiting for ${formatCount(missing)} of the lines ${names} …` : `Lines ${names}`);
}

function arrived() {
  retries = 0;
  list.render();
}

/** Lines could not be read: waits, or says why waiting is of no use. */
function failed(problem) {
  if (problem.status === 410 || problem.status === 404) {
    goneFrom(problem);
  } else {
    retryLater(problem, () => {
      blocks.retry();
      list.render();
    });
  }
}

/** The version or its dataset is not stored any more. */
function goneFrom(problem) {
  ended = problem.message;
  announce('');
  if (problem.status === 410 || pinned) notify(problem.message, 'Show the current version', () => show(null, ''));
  else notify(problem.message);
}

function retryLater(problem, action) {
  if (retryTimer) return;
  const wait = Math.min(MAX_RETRY_MS, Math.max(500 * 2 ** retries, problem.retryAfterSeconds * 1_000));
  retries++;
  announce(`${problem.message} Trying again in ${Math.ceil(wait / 1_000)} s.`);
  retryTimer = setTimeout(() => {
    retryTimer = 0;
    action();
  }, wait);
}

function chosen(index) {
  history.replaceState(null, '', address(index + FIRST));
  if (!element('detail').hidden) opened(index);
}

function opened(index) {
  const number = index + FIRST;
  detail.open(`${linesPath()}/${number}`, number, link(number));
}

// ---------------------------------------------------------------- going to a line

/** Reads 42, 40-60, 40- or -20. Returns indices from 0 on, or the text of what is wrong. */
function parse(text) {
  const match = /^(\d*)(-?)(\d*)$/.exec(text.replace(/[\s,_]/g, ''));
  if (!match || (!match[1] && !Number(match[3]))) return `“${text}” is neither a line number nor a range such as 40-60, 40- or -20.`;
  const last = shown.lines + FIRST - 1;
  if (!shown.lines) return 'This version has no lines.';
  let from = Number(match[1]);
  let to = match[2] ? Number(match[3] || last) : from;
  if (!match[1]) [from, to] = [Math.max(FIRST, last - to + 1), last];
  if (from < FIRST) return `The first line has the number ${FIRST}.`;
  if (from > last) return `Line ${match[1]} is beyond the end: the last line is ${formatCount(last)}.`;
  if (to < from) return 'A range begins with its lower number.';
  return { from: from - FIRST, to: Math.min(to, last) - FIRST, range: Boolean(match[2]) };
}

/** Goes to the lines that an address or the field names; to the first line if the text is empty. */
function goTo(text) {
  const target = text ? parse(text) : null;
  const wrong = typeof target === 'string';
  element('wrong').textContent = wrong ? target : '';
  element('number').setAttribute('aria-invalid', wrong);
  if (wrong) {
    if (target.includes('beyond')) list.show(shown.lines);
  } else if (target) {
    list.mark(target.range ? target.from : -1, target.range ? target.to : -1);
    list.choose(target.from);
    if (target.range) list.show(target.from);
    history.replaceState(null, '', address(text));
  } else {
    list.mark(-1, -1);
    list.show(0);
  }
}

element('go').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = element('number').value.replace(/[\s,_]/g, '');
  if (!shown || !text) return;
  if (typeof parse(text) === 'object') history.pushState(null, '', address(text));
  goTo(text);
});

for (const button of document.querySelectorAll('[data-move]')) {
  button.addEventListener('click', () => list.move(button.dataset.move));
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') detail.close();
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if ((event.key !== 'g' && event.key !== '/') || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  element('number').focus();
});

// ---------------------------------------------------------------- datasets and versions

/** Shows a version, the current one if it is null, at the lines that are named as in the address. */
async function show(version, lines) {
  clearTimeout(retryTimer);
  retryTimer = 0;
  blocks?.close();
  detail.close();
  pinned = version !== null;
  notify('');
  const thisCall = ++calls;
  ended = '';
  const path = `datasets/${encode(dataset)}${pinned ? `/versions/${encode(version)}` : ''}`;
  try {
    const manifest = await getJson(path);
    if (thisCall !== calls) return;
    retries = 0;
    shown = manifest;
  } catch (problem) {
    if (thisCall !== calls) return;
    element('facts').textContent = `Dataset ${dataset}`;
    if (problem.status >= 400 && problem.status < 500) goneFrom(problem);
    else retryLater(problem, () => show(version, lines));
    return;
  }
  blocks = new Blocks(linesPath(), shown, FIRST, arrived, failed);
  document.title = `${dataset}: Line Server`;
  list.reset(shown.lines, String(shown.lines + FIRST).length);
  describe();
  history.replaceState(null, '', address(lines));
  if (shown.lines) goTo(lines);
  listVersions();
}

function describe() {
  const created = new Date(shown.createdAt).toLocaleString();
  const facts = [
    `${formatCount(shown.lines)} ${shown.lines === 1 ? 'line' : 'lines'}`,
    formatBytes(shown.bytes),
    `longest line ${formatBytes(shown.longestLine)}`,
    `version ${shown.version} of ${created}`,
    `from ${shown.source === '-' ? 'standard input' : shown.source}`,
  ];
  element('facts').textContent = facts.join(' · ');
  element('facts').title = `Digest: ${shown.digest}`;
  const files = shown.files ?? [];
  element('files').hidden = !files.length;
  element('files').querySelector('summary').textContent = `${files.length} files`;
  element('files').querySelector('ol').replaceChildren(
    ...files.map((file) => {
      const item = document.createElement('li');
      const anchor = document.createElement('a');
      const number = file.firstLine - 1 + FIRST;
      anchor.href = `#${number}`;
      anchor.textContent = `${file.name}, from line ${formatCount(number)}`;
      item.append(anchor);
      return item;
    }),
  );
}

function options(select, entries, value) {
  select.replaceChildren(...entries.map(([name, text]) => new Option(text, name, false, String(name) === String(value))));
  select.disabled = false;
}

async function listVersions() {
  try {
    const { versions } = await getJson(`datasets/${encode(dataset)}/versions`);
    const entries = versions.map(({ version, state }) => [version, state === 'current' ? `${version} (current)` : version]);
    if (!versions.some(({ version }) => version === shown.version)) entries.push([shown.version, `${shown.version} (gone)`]);
    options(element('version'), entries.reverse(), shown.version);
    element('version').current = versions.find(({ state }) => state === 'current')?.version;
  } catch {
    options(element('version'), [[shown.version, shown.version]], shown.version);
  }
}

async function listDatasets() {
  try {
    const { datasets } = await getJson('datasets');
    const names = datasets.map((entry) => entry.dataset);
    element('dataset-choice').hidden = names.length < 2 && names[0] === dataset;
    if (!names.includes(dataset)) names.unshift(dataset);
    options(element('dataset'), names.map((name) => [name, name]), dataset);
  } catch {
    // The dataset that is shown says why; the choice stays hidden.
  }
}

element('dataset').addEventListener('change', (event) => {
  dataset = event.target.value;
  shown = null;
  history.pushState(null, '', address(''));
  show(null, '');
});

element('version').addEventListener('change', (event) => {
  const number = Number(event.target.value);
  const line = list.chosen < 0 ? '' : String(list.chosen + FIRST);
  history.pushState(null, '', location.href);
  show(number === event.target.current ? null : number, line);
});

/** Notices a newer version, and that the server is gone or back. */
async function checkVersion() {
  if (document.hidden || !shown || pinned) return;
  if (ended) return;
  try {
    const current = await getJson(`datasets/${encode(dataset)}`);
    if (element('notice').dataset.unreachable) {
      delete element('notice').dataset.unreachable;
      notify('');
    }
    if (!shown || pinned || current.dataset !== shown.dataset || current.version === shown.version) return;
    const line = list.chosen < 0 ? '' : String(list.chosen + FIRST);
    notify(
      `Version ${current.version} is the current one now. These lines are of version ${shown.version}.`,
      `Show version ${current.version}`,
      () => show(null, line),
    );
  } catch (problem) {
    element('notice').dataset.unreachable = 'yes';
    notify(`${problem.message} Lines that are not on the screen may have to wait.`);
  }
}

function open() {
  const target = addressed();
  const name = target.dataset ?? document.documentElement.dataset.dataset;
  const version = target.version;
  if (shown && name === dataset && version === (pinned ? String(shown.version) : null)) {
    goTo(target.lines);
    return;
  }
  dataset = name;
  show(version, target.lines);
}

addEventListener('popstate', open);
addEventListener('hashchange', open);
setInterval(checkVersion, VERSION_CHECK_MS);
open();
listDatasets();
