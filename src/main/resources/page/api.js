// Requests to the server.

/** The server refused a request, or (status 0) did not answer. */
export class Problem extends Error {
  constructor(status, detail, retryAfterSeconds = 0) {
    super(detail);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The key that every request of this page has. It is in memory only: a reload forgets it. */
let key = '';
let asking = null;

export const hasKey = () => key !== '';

/** Shows a field for the key until one is entered. All requests that need one wait for the same field. */
function askForKey() {
  asking ??= new Promise((resolve) => {
    const form = document.createElement('form');
    form.id = 'key';
    form.className = 'notice';
    const label = document.createElement('label');
    label.textContent = `${key ? 'The server does not know this key.' : 'This server needs a key.'} Key `;
    const field = document.createElement('input');
    Object.assign(field, { type: 'password', autocomplete: 'off', required: true, pattern: '[!-~]+', size: 48 });
    label.append(field);
    const button = document.createElement('button');
    button.textContent = 'Use key';
    form.append(label, ' ', button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      key = field.value;
      asking = null;
      form.remove();
      resolve();
    });
    document.querySelector('main').prepend(form);
    field.focus();
  });
  return asking;
}

/** Sends a GET request. Throws a Problem unless the answer is 2xx. */
export async function get(path, options = {}) {
  const sent = key;
  const headers = sent ? { ...options.headers, Authorization: `Bearer ${sent}` } : options.headers;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (failure) {
    throw interpret(failure);
  }
  if (response.ok) return response;
  if (response.status === 401) {
    if (sent === key) await askForKey();
    return get(path, options);
  }
  let detail = `The server answered ${response.status} ${response.statusText}.`;
  try {
    detail = (await response.json()).detail ?? detail;
  } catch {
    // Not every answer of a proxy in between is a problem with a detail.
  }
  throw new Problem(response.status, detail, Number(response.headers.get('Retry-After')) || 0);
}

export async function getJson(path, signal) {
  const response = await get(path, { signal, headers: { Accept: 'application/json' } });
  try {
    return await response.json();
  } catch (failure) {
    throw interpret(failure);
  }
}

/** An aborted request is no problem of the server, so it stays an AbortError. */
function interpret(failure, detail = 'The server does not answer.') {
  return failure.name === 'AbortError' ? failure : new Problem(0, detail);
}

/** Reads an answer of several lines as JSON, and calls `take` with the object of each as soon as it has arrived. */
export async function readLines(path, signal, take) {
  const response = await get(path, { signal, headers: { Accept: 'application/x-ndjson' } });
  let rest = '';
  try {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const objects = (rest + piece.value).split('\n');
      rest = objects.pop();
      for (const object of objects) take(JSON.parse(object));
    }
  } catch (failure) {
    throw interpret(failure, 'The answer broke off.');
  }
}

/** Reads the first bytes of an answer, and whether these are all. */
export async function readBytes(path, limit, signal) {
  const response = await get(path, { signal });
  const pieces = [];
  let length = 0;
  let complete = false;
  try {
    const reader = response.body.getReader();
    while (length <= limit) {
      const { done, value } = await reader.read();
      if (done) {
        complete = true;
        break;
      }
      pieces.push(value);
      length += value.length;
    }
    if (!complete) await reader.cancel();
  } catch (failure) {
    throw interpret(failure, 'The answer broke off.');
  }
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const announced = Number(response.headers.get('Content-Length')) || 0;
  return { bytes: bytes.subarray(0, limit), complete: length <= limit, length: complete ? length : announced };
}
