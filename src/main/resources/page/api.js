// Requests to the server.

/** The server refused a request, or (status 0) did not answer. */
export class Problem extends Error {
  constructor(status, detail, retryAfterSeconds = 0) {
    super(detail);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Sends a GET request. Throws a Problem unless the answer is 2xx. */
export async function get(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (failure) {
    throw interpret(failure);
  }
  if (response.ok) return response;
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
