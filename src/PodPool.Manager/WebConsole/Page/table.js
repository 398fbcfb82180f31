// A table of any number of rows, of which one page is in the document. Rows are made once and filled anew; a cell that says the same is not touched.
import { el, setText } from './dom.js';
import { count } from './format.js';

export class Table {
  #columns; #body; #headers; #rows = []; #pager; #size; #open;
  #sort; #descending = false; #page = 0; #filter = ''; #order = [];

  /**
   * @param table The element.
   * @param pager Where its pages are turned.
   * @param columns Each {label, text(row), value(row)?, number?}; value is what is sorted by, text if there is none. The first is the row's header.
   * @param open Called with a row when its header is pressed.
   */
  constructor(table, pager, columns, { size = 50, open } = {}) {
    [this.#columns, this.#size, this.#open, this.#sort] = [columns, size, open, columns[0]];
    this.#headers = columns.map(column => el('th', { scope: 'col', class: column.number ? 'number' : null },
      el('button', { type: 'button', onclick: () => this.#sortBy(column) }, column.label)));
    this.#body = el('tbody');
    this.#body.addEventListener('focusout', event => { if (!this.#body.contains(event.relatedTarget)) this.#arrange(); });
    table.append(el('thead', {}, el('tr', {}, ...this.#headers)), this.#body);
    const turn = (by, label) => el('button', { type: 'button', onclick: () => { this.#page += by; this.#arrange(); } }, label);
    this.#pager = { back: turn(-1, 'Previous'), where: el('span', { role: 'status' }), on: turn(1, 'Next') };
    pager.append(this.#pager.back, this.#pager.on, this.#pager.where);
    this.#markSort();
  }

  /** Shows only rows whose text has all of these words. */
  set filter(text) {
    this.#filter = text.trim().toLowerCase();
    this.#page = 0;
    this.#arrange();
  }

  /** The rows, by name. */
  show(rows, current) {
    this.rows = rows;
    this.current = current;

    // While somebody is in the table, rows stay where they are: what is pressed shall be what was read.
    this.#arrange(this.#body.contains(document.activeElement));
  }

  /** Puts the keyboard on a row, or on the first column's header if the row is not shown. */
  focus(name) {
    const line = this.#rows.find(each => each.row?.name === name);
    (line?.cells[0] ?? this.#headers[0].firstChild).focus();
  }

  #sortBy(column) {
    this.#descending = column === this.#sort ? !this.#descending : Boolean(column.number);
    this.#sort = column;
    this.#page = 0;
    this.#markSort();
    this.#arrange();
  }

  #markSort() {
    this.#headers.forEach((header, index) => {
      const sorted = this.#columns[index] === this.#sort;
      header.setAttribute('aria-sort', sorted ? (this.#descending ? 'descending' : 'ascending') : 'none');
      setText(header.firstChild, this.#columns[index].label + (sorted ? (this.#descending ? ' ▾' : ' ▴') : ''));
    });
  }

  #arrange(hold = false) {
    if (!this.rows) {
      return;
    }

    if (!hold || this.#order.some(name => !this.rows.has(name))) {
      this.#order = this.#sorted(this.#filtered());
    }

    const pages = Math.max(1, Math.ceil(this.#order.length / this.#size));
    this.#page = Math.max(0, Math.min(this.#page, pages - 1));
    const first = this.#page * this.#size;
    this.#paint(this.#order.slice(first, first + this.#size).map(name => this.rows.get(name)));
    this.#pager.back.disabled = this.#page === 0;
    this.#pager.on.disabled = this.#page === pages - 1;
    const last = Math.min(first + this.#size, this.#order.length);
    setText(this.#pager.where, this.#order.length ? `${count(first + 1)}–${count(last)} of ${count(this.#order.length)}` : 'none');
    this.#pager.back.parentElement.hidden = this.#order.length <= this.#size && !this.#filter;
  }

  #filtered() {
    const words = this.#filter.split(/\s+/).filter(Boolean);
    const rows = [...this.rows.values()];
    return !words.length ? rows : rows.filter(row => {
      const text = this.#columns.filter(column => !column.number).map(column => column.text(row)).join('\n').toLowerCase();
      return words.every(word => text.includes(word));
    });
  }

  #sorted(rows) {
    const value = this.#sort.value ?? this.#sort.text;
    const sign = this.#descending ? -1 : 1;
    const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;
    return rows.map(row => [value(row), row.name])
      .sort(([a, x], [b, y]) => sign * compare(a, b) || compare(x, y))
      .map(([, name]) => name);
  }

  #paint(rows) {
    while (this.#rows.length < rows.length) {
      this.#rows.push(this.#newRow());
    }

    this.#rows.forEach((line, index) => {
      const row = rows[index];
      line.element.hidden = !row;
      line.row = row;
      if (row) {
        line.cells.forEach((cell, column) => setText(cell, this.#columns[column].text(row)));
        line.element[row.name === this.current ? 'setAttribute' : 'removeAttribute']('aria-current', 'true');
      }
    });
  }

  #newRow() {
    const line = { row: null, cells: [], element: el('tr') };
    this.#columns.forEach((column, index) => {
      if (index === 0) {
        const button = el('button', { type: 'button', onclick: () => this.#open(line.row) });
        line.element.append(el('th', { scope: 'row' }, button));
        line.cells.push(button);
      } else {
        const cell = el('td', { class: column.number ? 'number' : null });
        line.element.append(cell);
        line.cells.push(cell);
      }
    });
    this.#body.append(line.element);
    return line;
  }
}
