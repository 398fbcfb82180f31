// What happened, newest first.
import { el, setText } from './dom.js';
import { time } from './format.js';

export const misses = store => list(store, 'misses', [['At', row => time(row.at)], ['Pool', row => row.pool], ['Function', row => row.function], ['Why', row => row.why]], 64);

export const events = store => list(store, 'events', [
  ['At', row => time(row.at)], ['What', row => row.kind], ['Pool', row => row.pool], ['Function', row => row.function ?? ''], ['Pod', row => row.pod ?? ''],
  ['Why', row => [row.reason, row.message].filter(Boolean).join(': ')],
], 100);

function list(store, part, columns, most) {
  const body = el('tbody');
  const lines = [];
  const none = el('p', { class: 'faint' }, 'none yet');
  const table = document.getElementById(part);
  table.append(el('thead', {}, el('tr', {}, ...columns.map(([label]) => el('th', { scope: 'col' }, label)))), body);
  table.after(none);
  let painted = -1;
  return () => {
    if (painted === store.versions[part]) {
      return;
    }

    painted = store.versions[part];
    const rows = store[part].slice(0, most);
    none.hidden = rows.length > 0;
    while (lines.length < rows.length) {
      const cells = columns.map(() => el('td'));
      lines.push(cells);
      body.append(el('tr', {}, ...cells));
    }

    lines.forEach((cells, index) => {
      cells[0].parentElement.hidden = index >= rows.length;
      if (index < rows.length) {
        cells.forEach((cell, column) => setText(cell, columns[column][1](rows[index])));
      }
    });
  };
}
