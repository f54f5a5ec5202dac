// The lines near those on the screen, read in blocks of consecutive lines.
import { readLines } from './api.js';
import { fromBase64 } from './bytes.js';

const BLOCK_LINES = 64;
const BLOCK_BYTES = 1 << 20;
const MAX_BLOCKS = 40;
const MAX_REQUESTS = 3;
/** Length to which a long line is cut in the list, in characters or bytes. */
export const FOLD = 1_000;

export class Blocks {
  #path;
  #manifest;
  #firstNumber;
  #size;
  // By the number of the block: its lines, the request for it, and whether it is complete.
  #blocks = new Map();
  #wanted = [0, -1];
  #changed;
  #failed;

  /**
   * @param changed called when lines have arrived
   * @param failed called with the Problem when lines could not be read
   */
  constructor(path, manifest, firstNumber, changed, failed) {
    this.#path = path;
    this.#manifest = manifest;
    this.#firstNumber = firstNumber;
    const average = manifest.bytes / Math.max(1, manifest.lines);
    this.#size = Math.max(1, Math.min(BLOCK_LINES, Math.floor(BLOCK_BYTES / Math.max(1, average))));
    this.#changed = changed;
    this.#failed = failed;
  }

  /** The line as {text | bytes, length, outcome}; undefined if it has not arrived. */
  line(index) {
    return this.#blocks.get(Math.floor(index / this.#size))?.lines[index % this.#size];
  }

  /** Says which lines are on the screen. Others are not waited for. */
  want(from, to) {
    this.#wanted = [Math.floor(from / this.#size), Math.floor(to / this.#size)];
    for (const [number, block] of this.#blocks) {
      if (!block.complete && !this.#isWanted(number)) this.#forget(number, block);
    }
    this.#read();
  }

  /** Reads again what failed. */
  retry() {
    this.#read();
  }

  close() {
    for (const [number, block] of this.#blocks) this.#forget(number, block);
    this.#wanted = [0, -1];
  }

  #isWanted(number) {
    return number >= this.#wanted[0] && number <= this.#wanted[1];
  }

  #forget(number, block) {
    block.request.abort();
    this.#blocks.delete(number);
  }

  #read() {
    let requests = [...this.#blocks.values()].filter((block) => !block.complete).length;
    for (let number = this.#wanted[0]; number <= this.#wanted[1] && requests < MAX_REQUESTS; number++) {
      if (!this.#blocks.has(number)) {
        this.#readBlock(number);
        requests++;
      }
    }
  }

  async #readBlock(number) {
    const block = { lines: [], request: new AbortController(), complete: false };
    this.#blocks.set(number, block);
    const take = (object) => {
      block.lines.push(shorten(object));
      this.#changed();
    };
    try {
      try {
        await readLines(`${this.#path}?${this.#range(number)}`, block.request.signal, take);
      } catch (failure) {
        // One damaged line ends an answer with consecutive lines. Each line of the other form has an outcome of its own.
        if (failure.status !== 500 && failure.status !== 0) throw failure;
        block.lines.length = 0;
        await readLines(`${this.#path}?${this.#numbers(number)}`, block.request.signal, take);
      }
      block.complete = true;
      this.#evict();
      this.#read();
      this.#changed();
    } catch (failure) {
      if (this.#blocks.get(number) === block) this.#blocks.delete(number);
      if (failure.name !== 'AbortError') this.#failed(failure);
    }
  }

  #count(number) {
    return Math.min(this.#size, this.#manifest.lines - number * this.#size);
  }

  #range(number) {
    return `start=${number * this.#size + this.#firstNumber}&count=${this.#count(number)}`;
  }

  #numbers(number) {
    const start = number * this.#size + this.#firstNumber;
    return Array.from({ length: this.#count(number) }, (_, i) => `n=${start + i}`).join('&');
  }

  #evict() {
    for (const number of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) return;
      if (!this.#isWanted(number)) this.#blocks.delete(number);
    }
  }
}

/** Keeps what the list shows of a line. */
function shorten(object) {
  if (object.text !== undefined) {
    return { text: cut(object.text), folded: object.text.length > FOLD };
  }
  if (object.base64 !== undefined) {
    const bytes = fromBase64(object.base64);
    return { bytes: bytes.slice(0, FOLD), folded: bytes.length > FOLD };
  }
  return { outcome: object.outcome, length: object.bytes, detail: object.detail };
}

/** Does not cut a character of two code units in two. */
function cut(text) {
  const high = text.charCodeAt(FOLD - 1) >> 10 === 0x36;
  return text.slice(0, high ? FOLD - 1 : FOLD);
}
