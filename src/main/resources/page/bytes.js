// Shows bytes and text, whatever they contain: nothing is hidden, and nothing changes the rest of the page.

// Control characters, and those that are invisible or change the direction of the text around them.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]/g;
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8Text(bytes) {
  try {
    return STRICT.decode(bytes);
  } catch {
    return null;
  }
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function code(text, title) {
  const span = document.createElement('span');
  span.className = 'code';
  span.textContent = text;
  span.title = title;
  return span;
}

function hidden(character) {
  const point = character.codePointAt(0);
  const name = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  if (character === '\t') {
    const tab = code('\t', 'tab');
    tab.classList.add('tab');
    return tab;
  }
  if (point < 0x20) return code(String.fromCodePoint(0x2400 + point), name);
  return code(point === 0x7f ? '\u2421' : `<${name}>`, name);
}

/** Appends text. Characters that would be invisible are replaced by signs. */
export function appendText(parent, text) {
  let from = 0;
  for (const { 0: character, index } of text.matchAll(HIDDEN)) {
    if (index > from) parent.append(text.slice(from, index));
    parent.append(hidden(character));
    from = index + 1;
  }
  if (from < text.length) parent.append(text.slice(from));
}

/** Appends bytes that are not UTF-8 as a whole: what is UTF-8 as text, and the rest as \xNN. */
export function appendBytes(parent, bytes) {
  let text = '';
  const flush = () => {
    appendText(parent, text);
    text = '';
  };
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i]);
    const character = length === 1 ? String.fromCharCode(bytes[i]) : length && utf8Text(bytes.subarray(i, i + length));
    if (character) {
      text += character;
      i += length;
    } else {
      flush();
      const hex = `\\x${bytes[i].toString(16).toUpperCase().padStart(2, '0')}`;
      parent.append(code(hex, 'a byte that is not UTF-8'));
      i++;
    }
  }
  flush();
}

/** The length of a UTF-8 sequence by its first byte; 0 if none begins with it. */
function sequenceLength(first) {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Returns 16 bytes on each row: offset, bytes, and printable ASCII. */
export function hexDump(bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Array.from(bytes.subarray(at, at + 16));
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return rows.join('\n');
}

export function formatBytes(count) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, count < 1024 ? 0 : Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** unit;
  return `${value.toLocaleString('en', { maximumFractionDigits: unit && value < 100 ? 1 : 0 })} ${units[unit]}`;
}

export function formatCount(count) {
  return count.toLocaleString('en');
}
