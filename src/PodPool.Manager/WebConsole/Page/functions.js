// The functions, and the instances of the one that is open.
import { Table } from './table.js';
import { el } from './dom.js';
import { count, duration, startTotal, time } from './format.js';

const number = (label, key) => ({ label, number: true, value: row => row[key], text: row => count(row[key]) });
const ofStart = (label, value, text) => ({ label, number: true, value: row => row.lastStart ? value(row.lastStart) : -1, text: row => row.lastStart ? text(row.lastStart) : 'never' });

const columns = [
  { label: 'Function', text: row => row.name },
  { label: 'Pool', text: row => row.pool },
  { label: 'State', text: row => row.ready ? row.reason : `not ready: ${row.reason}` },
  number('Serving', 'serving'), number('Starting', 'claimed'), number('Draining', 'draining'), number('Requests held', 'waiting'), number('In flight', 'inFlight'),
  ofStart('Last start', start => start.at, start => time(start.at)),
  ofStart('It took', startTotal, start => duration(startTotal(start))),
  { label: 'Fault', text: row => row.fault ?? 'none' },
];

const phases = ['queue', 'claim', 'transfer', 'load', 'start'];

export function functions(store) {
  const details = document.getElementById('function');
  let opened = null;
  let shown = null;
  let painted = -1;

  const close = () => {
    const name = opened;
    opened = shown = null;
    details.hidden = true;
    table.focus(name);
    store.versions.functions++;
    store.changed();
  };

  const table = new Table(document.getElementById('functions'), document.getElementById('functions-pager'), columns, {
    open: async row => {
      opened = row.name;
      await refresh();
      document.getElementById('function-title')?.focus();
    },
  });
  document.getElementById('functions-filter').addEventListener('input', event => { table.filter = event.target.value; });
  details.addEventListener('keydown', event => { if (event.key === 'Escape') close(); });

  // Asked for when its row says something new: the list itself has no instances, so that it can be long.
  async function refresh() {
    const [name, row] = [opened, store.functions.get(opened)];
    shown = row;
    const answer = row ? await fetch(`/console/functions/${name}`) : null;
    const told = answer?.ok ? await answer.json() : null;
    if (name === opened) {
      const at = details.contains(document.activeElement) ? document.activeElement.id : null;
      details.replaceChildren(...describe(name, row, told, close));
      details.hidden = false;
      if (at) {
        document.getElementById(at)?.focus();
      }
    }
  }

  return () => {
    if (painted !== store.versions.functions) {
      painted = store.versions.functions;
      table.show(store.functions, opened);
      if (opened && store.functions.get(opened) !== shown) {
        refresh();
      }
    }
  };
}

function describe(name, row, told, close) {
  const title = el('h3', { id: 'function-title', tabindex: '-1' }, name);
  const end = el('button', { id: 'function-close', type: 'button', onclick: close }, 'Close');
  if (!told) {
    return [title, el('p', {}, 'It is not there any more.'), end];
  }

  const start = row.lastStart;
  const line = cells => el('tr', {}, ...cells.map((cell, index) => el(index ? 'td' : 'th', index ? {} : { scope: 'row' }, cell)));
  return [
    title,
    el('p', {}, `Revision ${told.revision || 'none'}. ${told.urls.join(', ')}`),
    el('p', {}, start ? `Last start ${time(start.at)}${start.miss ? ', the pool was empty' : ''}: ${phases.map(phase => `${phase} ${duration(start[phase])}`).join(', ')}.` : 'Not started since the manager started.'),
    row.fault ? el('p', { class: 'trouble' }, row.fault) : '',
    el('table', { 'aria-label': 'Instances' },
      el('thead', {}, el('tr', {}, ...['Instance', 'State', 'Since', 'Node', 'Revision'].map(label => el('th', { scope: 'col' }, label)))),
      el('tbody', {}, ...told.instances.map(instance => line([instance.id, instance.state, instance.since ? time(instance.since) : '', instance.node, instance.revision])))),
    end,
  ];
}
