// The page: one copy of what the manager tells, and one painter a section.
import { Store } from './store.js';
import { connect } from './feed.js';
import { pools } from './pools.js';
import { levels } from './levels.js';
import { advice } from './advice.js';
import { starts } from './starts.js';
import { functions } from './functions.js';
import { misses, events } from './lists.js';

const store = new Store();
const painters = [pools(store), levels(store), advice(store), misses(store), starts(store), functions(store), events(store)];
let due = false;

// However much comes at once, it is painted once.
store.changed = () => {
  if (!due) {
    due = true;
    requestAnimationFrame(() => {
      due = false;
      painters.forEach(paint => paint());
      if (store.known && !performance.getEntriesByName('podpool-known').length) {
        performance.mark('podpool-known');
      }
    });
  }
};

// Levels move to the left though nothing changes.
setInterval(() => { if (!document.hidden) store.changed(); }, 1000);
connect(store, document.getElementById('status'));
