// The levels of the chosen pool, stacked; its misses above them.
import { el, svg, setText } from './dom.js';
import { count } from './format.js';

// Warm pods at the bottom, where the line of those that are wanted can be compared with them.
const states = ['warm', 'starting', 'claimed', 'serving', 'draining'];
const column = { starting: 1, warm: 2, claimed: 3, serving: 4, draining: 5, misses: 7 };
const windows = [['5 minutes', 300], ['1 hour', 3600]];
const [left, right, top, bottom] = [44, 950, 24, 196];

export function levels(store) {
  const chart = document.getElementById('levels');
  const title = document.getElementById('levels-title');
  const buttons = windows.map(([label, seconds]) => el('button', { type: 'button', onclick: () => { shown = seconds; store.changed(); } }, label));
  document.getElementById('levels-window').append(...buttons);
  document.getElementById('levels-legend').append(...states.map(state => entry(state, state)), entry('missed', 'miss'), el('span', { class: 'faint' }, 'dashed: warm pods wanted'));
  const areas = Object.fromEntries(states.map(state => [state, svg('path', { class: state })]));
  const grid = svg('g');
  const wanted = svg('path', { class: 'wanted' });
  const missed = svg('path', { class: 'missed' });
  chart.append(grid, ...Object.values(areas), wanted, missed);
  let shown = windows[0][1];

  return () => {
    buttons.forEach((button, index) => button.setAttribute('aria-pressed', windows[index][1] === shown));
    const pool = store.pools.get(store.pool);
    setText(title, pool ? `Levels of ${pool.name}: ${states.map(state => `${count(pool[state])} ${state}`).join(', ')}` : 'Levels');
    note('levels-trouble', pool?.trouble);
    note('levels-why', pool?.why && `Why it keeps ${count(pool.size)} warm: ${pool.why}`);
    const now = store.now;
    const samples = pool ? thin(window(store.levels.get(pool.name) ?? [], now - shown), shown) : [];
    const most = nice(Math.max(1, pool?.size ?? 0, ...samples.map(total)));
    const x = at => left + (right - left) * Math.max(0, Math.min(1, 1 - (now - at) / shown));
    const y = pods => bottom - (bottom - top) * pods / most;
    paintGrid(grid, most, y, shown);

    const floor = samples.map(() => 0);
    for (const state of states) {
      const ceiling = samples.map((sample, index) => floor[index] + sample[column[state]]);
      areas[state].setAttribute('d', area(samples, floor, ceiling, x, y, now));
      ceiling.forEach((value, index) => { floor[index] = value; });
    }

    wanted.setAttribute('d', pool?.size ? `M${left} ${y(pool.size)}H${right}` : '');
    missed.setAttribute('d', samples.map((sample, index) => index && sample[column.misses] > samples[index - 1][column.misses] ? `M${x(sample[0]).toFixed(1)} ${top - 2}l-4 -8h8z` : '').join(''));
  };
}

function note(id, text) {
  const element = document.getElementById(id);
  element.hidden = !text;
  setText(element, text || '');
}

const entry = (style, label) => el('span', {}, svg('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' }, svg('rect', { width: 10, height: 10, class: style })), label);

const total = sample => sample[1] + sample[2] + sample[3] + sample[4] + sample[5];

/** From the sample that still held when the time began. */
function window(samples, from) {
  let first = samples.findIndex(sample => sample[0] > from);
  first = first < 0 ? samples.length - 1 : Math.max(0, first - 1);
  return samples.slice(first);
}

/** One sample for each pixel: the moment with the fewest warm pods, so that an empty pool is seen; of the misses the newest count. */
function thin(samples, shown) {
  const slot = shown / (right - left);
  const kept = [];
  for (const sample of samples) {
    const last = kept.at(-1);
    if (!last || Math.floor(sample[0] / slot) !== Math.floor(last[0] / slot)) {
      kept.push(sample);
    } else if (sample[column.warm] <= last[column.warm]) {
      kept[kept.length - 1] = sample;
    }
  }

  // The newest holds until now, whatever was lower in its pixel.
  if (kept.length && kept.at(-1) !== samples.at(-1)) {
    kept.push(samples.at(-1));
  }

  return kept;
}

/** A sample holds until the next: steps, not slopes. */
function area(samples, floor, ceiling, x, y, now) {
  if (!samples.length) {
    return '';
  }

  const ends = samples.map((_, index) => x(index + 1 < samples.length ? samples[index + 1][0] : now).toFixed(1));
  const begin = x(samples[0][0]).toFixed(1);
  const forth = ceiling.map((value, index) => `V${y(value).toFixed(1)}H${ends[index]}`).join('');
  const back = floor.map((value, index) => `V${y(value).toFixed(1)}H${index ? ends[index - 1] : begin}`).reverse().join('');
  return `M${begin} ${y(floor[0]).toFixed(1)}${forth}${back}Z`;
}

/** The next 1, 2 or 5 times a power of ten. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value);
}

function paintGrid(grid, most, y, shown) {
  const key = `${most} ${shown}`;
  if (grid.dataset.key === key) {
    return;
  }

  grid.dataset.key = key;
  const steps = most % 2 ? [0, most] : [0, most / 2, most];
  const minutes = shown / 60;
  grid.replaceChildren(
    ...steps.flatMap(pods => [
      svg('path', { class: 'grid', d: `M${left} ${y(pods)}H${right}` }),
      svg('text', { x: left - 6, y: y(pods) + 4, 'text-anchor': 'end' }, count(pods))]),
    ...[1, .8, .6, .4, .2, 0].map(part => svg(
      'text', { x: right - (right - left) * part, y: bottom + 16, 'text-anchor': part === 1 ? 'start' : part ? 'middle' : 'end' }, part ? `−${minutes * part} min` : 'now')));
}
