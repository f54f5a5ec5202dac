// A list of any number of lines, of which only the visible ones are in the document.

// Height of a row in pixels: --row in page.css.
const ROW = 22;
// Browsers limit the height of an element, some to 16 million pixels. A longer list is scrolled by less than its length.
const MAX_HEIGHT = 8_000_000;
// Pixels that a scaled list can always be scrolled by before its scroll bar is set anew.
const RESERVE = 10_000;
// A wheel or a finger scrolls by less than this many heights of the list between two events, and dragging the bar by more.
const SMALL_STEP_HEIGHTS = 5;

export class LineList {
  #box;
  #rows;
  #height;
  #view;
  #count = 0;
  // The first visible line, from 0 on, with a fraction: what all else follows from.
  #first = 0;
  #chosen = -1;
  #chosenVisible = false;
  #marked = [-1, -1];
  #scrollTop = 0;
  #settling = 0;
  #frame = 0;

  /** @param view has fill(row, index), moved(), chosen(index), opened(index) */
  constructor(box, view) {
    this.#box = box;
    [this.#rows, this.#height] = box.children;
    this.#view = view;
    box.addEventListener('scroll', () => this.#scrolled());
    box.addEventListener('keydown', (event) => this.#pressed(event));
    this.#rows.addEventListener('click', (event) => this.#clicked(event));
    new ResizeObserver(() => this.#resized()).observe(box);
  }

  get first() {
    return Math.floor(this.#first);
  }

  /** The number of visible rows, the last of which may be cut off. */
  get size() {
    return Math.max(1, Math.min(this.#count - this.first, Math.ceil(this.#visible)));
  }

  get chosen() {
    return this.#chosen;
  }

  get #visible() {
    return this.#rows.clientHeight / ROW;
  }

  get #maxFirst() {
    return Math.max(0, this.#count - this.#visible);
  }

  get #maxScroll() {
    return this.#box.scrollHeight - this.#box.clientHeight;
  }

  get #scaled() {
    return this.#count * ROW > MAX_HEIGHT;
  }

  /** Shows another text, from its beginning. */
  reset(count, digits) {
    this.#count = count;
    this.#first = 0;
    this.#chosen = -1;
    this.#marked = [-1, -1];
    this.#box.style.setProperty('--digits', digits);
    this.#box.setAttribute('role', count ? 'listbox' : 'group');
    this.#rows.replaceChildren();
    this.#resized();
  }

  /** Puts a line at the top, or as far up as the end permits. */
  show(index) {
    this.#first = Math.min(Math.max(0, index), this.#maxFirst);
    this.#synchronize();
    this.render();
  }

  mark(from, to) {
    this.#marked = [from, to];
    this.render();
  }

  /** Makes a line the chosen one, and brings it into view; a line far away comes to the middle. */
  choose(index) {
    this.#chosen = Math.min(Math.max(0, index), this.#count - 1);
    const visible = Math.max(1, Math.floor(this.#visible));
    const far = Math.abs(this.#chosen - this.#first) > 2 * visible;
    if (far) this.show(this.#chosen - Math.floor(visible / 3));
    else if (this.#chosen < this.#first) this.show(this.#chosen);
    else if (this.#chosen >= this.#first + visible) this.show(this.#chosen - visible + 1);
    this.render();
    this.#view.chosen(this.#chosen);
  }

  /** Moves the chosen line: first, last, up, down, page-up or page-down. */
  move(how) {
    if (!this.#count) return;
    const page = Math.max(1, Math.floor(this.#visible) - 1);
    const from = this.#chosen < 0 ? this.first : this.#chosen;
    const to = { first: 0, last: this.#count - 1, up: from - 1, down: from + 1, 'page-up': from - page, 'page-down': from + page };
    if (how.startsWith('page')) this.show(this.first + (how === 'page-up' ? -page : page));
    this.choose(to[how]);
  }

  /** Fills the visible rows before the next frame. */
  render() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#renderNow();
    });
  }

  #renderNow() {
    const first = this.first;
    const shown = Math.min(this.#count - first, Math.ceil(this.#visible) + 1);
    while (this.#rows.children.length < shown) this.#rows.append(newRow());
    while (this.#rows.children.length > Math.max(0, shown)) this.#rows.lastChild.remove();
    for (let i = 0; i < shown; i++) {
      const row = this.#rows.children[i];
      const index = first + i;
      row.style.transform = `translateY(${Math.round((index - this.#first) * ROW)}px)`;
      row.classList.toggle('chosen', index === this.#chosen);
      row.classList.toggle('marked', index >= this.#marked[0] && index <= this.#marked[1]);
      row.setAttribute('aria-selected', index === this.#chosen);
      row.setAttribute('aria-setsize', this.#count);
      row.setAttribute('aria-posinset', index + 1);
      row.id = `line-${index}`;
      row.index = index;
      this.#view.fill(row, index);
    }
    this.#chosenVisible = this.#chosen >= first && this.#chosen < first + shown;
    if (this.#chosenVisible) this.#box.setAttribute('aria-activedescendant', `line-${this.#chosen}`);
    else this.#box.removeAttribute('aria-activedescendant');
    this.#view.moved();
  }

  #resized() {
    const bars = this.#box.clientHeight - this.#rows.clientHeight;
    const height = Math.min(this.#count * ROW + bars, MAX_HEIGHT) - this.#box.clientHeight;
    this.#height.style.height = `${Math.max(0, height)}px`;
    this.#first = Math.min(this.#first, this.#maxFirst);
    // A smaller list goes on showing the chosen line.
    const hidden = this.#chosen - Math.max(1, Math.floor(this.#visible)) + 1;
    if (this.#chosenVisible && this.#first < hidden) this.#first = Math.min(hidden, this.#maxFirst);
    this.#synchronize();
    this.render();
  }

  #scrolled() {
    const top = this.#box.scrollTop;
    const moved = top - this.#scrollTop;
    this.#scrollTop = top;
    if (moved === 0) return;
    if (!this.#scaled) {
      this.#first = Math.min(top / ROW, this.#maxFirst);
    } else if (Math.abs(moved) <= SMALL_STEP_HEIGHTS * this.#box.clientHeight) {
      // As many pixels as in a list of full length.
      this.#first = Math.min(Math.max(0, this.#first + moved / ROW), this.#maxFirst);
      clearTimeout(this.#settling);
      const atEdge = top < this.#box.clientHeight || top > this.#maxScroll - this.#box.clientHeight;
      if (atEdge) this.#synchronize();
      else this.#settling = setTimeout(() => this.#synchronize(), 200);
    } else {
      this.#first = (top / this.#maxScroll) * this.#maxFirst;
    }
    this.render();
  }

  /** Sets the scroll bar by the first visible line. */
  #synchronize() {
    const max = this.#maxScroll;
    let top = this.#first * ROW;
    if (this.#scaled) {
      const above = Math.min(RESERVE, this.#first * ROW);
      const below = Math.min(RESERVE, (this.#maxFirst - this.#first) * ROW);
      top = Math.min(Math.max(above, (this.#first / this.#maxFirst) * max), max - below);
    }
    this.#box.scrollTop = top;
    this.#scrollTop = this.#box.scrollTop;
  }

  #pressed(event) {
    const keys = { ArrowUp: 'up', ArrowDown: 'down', PageUp: 'page-up', PageDown: 'page-down', Home: 'first', End: 'last' };
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (keys[event.key]) this.move(keys[event.key]);
    else if (event.key === 'Enter' && this.#chosen >= 0) this.#view.opened(this.#chosen);
    else return;
    event.preventDefault();
  }

  #clicked(event) {
    const row = event.target.closest('.row');
    // Selecting text with the mouse ends in a click, too.
    if (!row || !getSelection().isCollapsed) return;
    this.choose(row.index);
    this.#view.opened(row.index);
  }
}

function newRow() {
  const row = document.createElement('div');
  row.className = 'row';
  row.setAttribute('role', 'option');
  const number = document.createElement('span');
  number.className = 'number';
  const text = document.createElement('span');
  text.className = 'text';
  row.append(number, text);
  return row;
}
