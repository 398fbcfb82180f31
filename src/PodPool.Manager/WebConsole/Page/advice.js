// How large the chosen pool should be. It is asked for when somebody wants to know: the manager reckons for a while.
import { el, setText } from './dom.js';
import { count, duration, podHours, share } from './format.js';

const columns = [
  ['Size', row => row.name],
  ['Missed', row => share(row.missRate)],
  ['Refused', row => count(row.refused)],
  ['Start, median', row => duration(row.startP50)],
  ['Start, p99', row => duration(row.startP99)],
  ['Pod-hours a day', row => podHours(row.podHoursADay)],
  ['On the front', row => row.front ? 'yes' : 'no'],
];

export function advice(store) {
  const [title, ask, why, result] = ['advice-title', 'advice-ask', 'advice-why', 'advice'].map(id => document.getElementById(id));
  let shown = null;
  let asking = null;

  const show = (text, told) => {
    setText(why, text);
    result.replaceChildren(...told?.candidates.length ? describe(told) : []);
    result.hidden = !told?.candidates.length;
  };

  const stop = text => {
    asking?.abort();
    asking = null;
    setText(ask, 'Reckon');
    show(text, null);
  };

  const begin = async () => {
    const [pool, mine] = [store.pool, new AbortController()];
    asking = mine;
    setText(ask, 'Stop');
    show(`reckoning for ${pool}, which takes some seconds`, null);
    let [text, told] = ['the manager does not answer', null];
    try {
      const answer = await fetch(`/console/pools/${pool.split('/').map(encodeURIComponent).join('/')}/advice`, { signal: mine.signal });
      told = answer.ok ? await answer.json() : null;
      text = told?.why ?? (answer.status === 404 ? `the manager has no pool ${pool} any more` : 'the manager stops');
    } catch {
      // It was stopped, or nobody is there: the text says so.
    }

    if (mine === asking) {
      asking = null;
      setText(ask, 'Reckon');
      show(text, told);
    }
  };

  ask.addEventListener('click', () => asking ? stop('stopped') : begin());

  // What was said of one pool is not left to stand beside another.
  return () => {
    ask.disabled = !store.pool;
    if (shown !== store.pool) {
      shown = store.pool;
      setText(title, shown ? `Recommendation for ${shown}` : 'Recommendation');
      stop('');
    }
  };
}

function describe(told) {
  const head = columns.map(([label], index) => el('th', { scope: 'col', class: index ? 'number' : null }, label));
  const line = row => el('tr', { class: row.name === told.recommended ? 'best' : null },
    el('th', { scope: 'row' }, row.name === told.recommended ? `${row.name}, recommended` : row.name),
    ...columns.slice(1).map(([, text]) => el('td', { class: 'number' }, text(row))));
  return [
    el('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': 'Sizes that were tried' },
      el('table', { 'aria-labelledby': 'advice-title' }, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...told.candidates.map(line)))),
    el('p', { class: 'faint' }, 'Missed: of the claims. Refused: held until their deadline. Start: how long requests were held. Pod-hours: of pods that are warm or become it; instances are the same for each size. '
      + 'On the front: nothing else misses no more and takes no more pods.'),
    ...told.change ? change(told) : [],
  ];
}

/** What a person would write, to be copied. */
function change(told) {
  const text = el('pre', { id: 'advice-change', tabindex: '0', role: 'group', 'aria-label': 'What to write' }, told.change);
  const copied = el('span', { id: 'advice-copied', role: 'status' });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(told.change);
      setText(copied, 'copied');
    } catch {
      // Browsers let pages write there over TLS and on this machine alone, and people may forbid it.
      getSelection().selectAllChildren(text);
      setText(copied, 'selected: copy it with the keyboard');
    }
  };
  return [text, el('p', {}, el('button', { id: 'advice-copy', type: 'button', onclick: copy }, 'Copy'), ' ', copied), el('p', { id: 'advice-how' }, told.how)];
}
