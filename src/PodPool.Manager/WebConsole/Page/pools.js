// The pools; the one that is chosen has its levels drawn.
import { Table } from './table.js';
import { count } from './format.js';

const number = (label, key) => ({ label, number: true, value: row => row[key], text: row => count(row[key]) });

const columns = [
  { label: 'Pool', text: row => row.name },
  number('Starting', 'starting'), number('Warm', 'warm'), number('Wanted warm', 'size'), number('Claimed', 'claimed'), number('Serving', 'serving'), number('Draining', 'draining'),
  { label: 'At most', number: true, value: row => row.max || Infinity, text: row => row.max ? count(row.max) : 'no limit' },
  number('Claims', 'claims'), number('Misses', 'misses'), number('Requests held', 'waiting'), number('In flight', 'inFlight'),
  { label: 'Trouble', text: row => row.trouble ?? 'none' },
];

export function pools(store) {
  const choose = row => {
    store.pool = row.name;
    store.versions.pools++;
    store.changed();
  };
  const table = new Table(document.getElementById('pools'), document.getElementById('pools-pager'), columns, { size: 10, open: choose });
  let painted = -1;
  return () => {
    if (painted !== store.versions.pools) {
      if (!store.pools.has(store.pool)) {
        store.pool = [...store.pools.keys()].sort()[0];
      }

      painted = store.versions.pools;
      table.show(store.pools, store.pool);
    }
  };
}
