// The panel below the list: one line in full, as text or in hexadecimal.
import { get, hasKey, readBytes } from './api.js';
import { appendBytes, appendText, formatBytes, formatCount, hexDump, utf8Text } from './bytes.js';

const FIRST_BYTES = 64 << 10;
const MAX_BYTES = 1 << 20;

const element = (id) => document.getElementById(id);

export class Detail {
  #panel = element('detail');
  #pre = this.#panel.querySelector('pre');
  #rest = this.#panel.querySelector('.rest');
  #announce;
  #closed;
  #path = '';
  #link = '';
  #limit = FIRST_BYTES;
  #hex = false;
  #content = null;
  #request = new AbortController();
  #title = '';
  #number = 0;

  /**
   * @param announce tells the user something
   * @param closed called when the user has closed the panel
   */
  constructor(announce, closed) {
    this.#announce = announce;
    this.#closed = closed;
    element('as-text').addEventListener('click', () => this.#chooseForm(false));
    element('as-hex').addEventListener('click', () => this.#chooseForm(true));
    element('more').addEventListener('click', () => this.#read(this.#limit * 4));
    element('copy-line').addEventListener('click', () => this.#copyLine());
    element('copy-curl').addEventListener('click', () => this.#copy(`curl ${hasKey() ? '-H "Authorization: Bearer $KEY" ' : ''}'${this.#url}'`, 'the command'));
    element('copy-link').addEventListener('click', () => this.#copy(this.#link, 'the link'));
    element('raw').addEventListener('click', (event) => {
      if (!hasKey()) return;
      event.preventDefault();
      this.#save();
    });
    element('close').addEventListener('click', () => this.close());
  }

  get #url() {
    return new URL(this.#path, document.baseURI).href;
  }

  /** Shows a line. */
  open(path, number, link) {
    this.#path = path;
    this.#link = link;
    this.#number = number;
    this.#content = null;
    this.#title = `Line ${formatCount(number)}`;
    element('detail-title').textContent = this.#title;
    element('raw').href = path;
    this.#pre.textContent = 'Waiting for the line …';
    this.#rest.hidden = true;
    this.#panel.hidden = false;
    this.#read(FIRST_BYTES);
  }

  close() {
    this.#request.abort();
    if (this.#panel.hidden) return;
    this.#panel.hidden = true;
    this.#closed();
  }

  async #read(limit) {
    this.#limit = Math.min(limit, MAX_BYTES);
    this.#request.abort();
    const request = (this.#request = new AbortController());
    try {
      const content = await readBytes(this.#path, this.#limit, request.signal);
      if (request.signal.aborted) return;
      this.#content = content;
      this.#show();
    } catch (failure) {
      if (failure.name !== 'AbortError') this.#pre.textContent = failure.message;
    }
  }

  #chooseForm(hex) {
    this.#hex = hex;
    element('as-text').setAttribute('aria-pressed', !hex);
    element('as-hex').setAttribute('aria-pressed', hex);
    if (this.#content) this.#show();
  }

  #show() {
    const { bytes, complete, length } = this.#content;
    const text = utf8Text(bytes);
    this.#pre.replaceChildren();
    this.#pre.classList.toggle('hex', this.#hex);
    if (this.#hex) this.#pre.textContent = hexDump(bytes);
    else if (text === null) appendBytes(this.#pre, bytes);
    else appendText(this.#pre, text);
    if (!bytes.length) this.#pre.textContent = '(an empty line)';
    const kind = complete && text === null ? ', not UTF-8' : '';
    element('detail-title').textContent = `${this.#title}: ${length ? formatBytes(length) : bytes.length ? 'long' : '0 bytes'}${kind}`;
    this.#rest.hidden = complete;
    element('more').hidden = this.#limit >= MAX_BYTES;
    const more = this.#limit >= MAX_BYTES ? ' “Raw” has all of it.' : '';
    this.#rest.firstElementChild.textContent = `These are the first ${formatBytes(bytes.length)}.${more}`;
  }

  /** Saves the line to a file. A link would not send the key. */
  async #save() {
    try {
      const response = await get(this.#path);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await response.blob());
      link.download = `line-${this.#number}.txt`;
      link.click();
      // The browser reads the object after the click.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (failure) {
      this.#announce(failure.status === undefined ? 'The answer broke off.' : failure.message);
    }
  }

  async #copyLine() {
    let content = this.#content;
    if (content && !content.complete) content = await readBytes(this.#path, MAX_BYTES).catch(() => null);
    const text = content?.complete ? utf8Text(content.bytes) : null;
    if (text !== null) this.#copy(text, 'the line');
    else if (content?.complete) this.#announce('The line is not text. Copy the curl command instead.');
    else this.#announce(`The line cannot be copied: it is longer than ${formatBytes(MAX_BYTES)} or could not be read. Copy the curl command instead.`);
  }

  async #copy(text, what) {
    this.#announce((await copy(text)) ? `Copied ${what}.` : `The browser did not permit to copy ${what}.`);
  }
}

async function copy(text) {
  try {
    // Only pages from this machine or over HTTPS have a clipboard.
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Try the older way.
  }
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
