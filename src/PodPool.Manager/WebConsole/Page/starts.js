// How long starts took, a histogram for each phase.
import { el, svg, setText } from './dom.js';
import { bound, count } from './format.js';

const height = 70;

export function starts(store) {
  const root = document.getElementById('starts');
  let charts = [];
  let painted = -1;
  return () => {
    if (painted === store.versions.starts) {
      return;
    }

    painted = store.versions.starts;
    if (charts.length !== store.starts.length) {
      charts = store.starts.map((_, index) => chart(store.phases[index], store.boundaries));
      root.replaceChildren(...charts.map(each => each.element));
    }

    charts.forEach((each, index) => each.paint(store.starts[index]));
  };
}

function chart(phase, boundaries) {
  const id = `starts-${phase}`;
  const words = el('p', { class: 'faint' });
  const bars = [...boundaries, Infinity].map((_, index) => svg('rect', { class: 'bar', x: index * 20 + 2, width: 16 }));
  const ends = [.001, .01, .1, 1, 10].map(end => [end, boundaries.indexOf(end)]).filter(([, index]) => index >= 0)
    .map(([end, index]) => svg('text', { x: index * 20 + 20, y: height + 14, 'text-anchor': 'middle' }, bound(end)));
  const picture = svg('svg', { role: 'img', 'aria-labelledby': id, viewBox: `0 0 ${bars.length * 20} ${height + 18}` },
    svg('path', { class: 'grid', d: `M0 ${height}H${bars.length * 20}` }), ...bars, ...ends);
  return {
    element: el('div', {}, el('h3', { id }, phase), words, picture),
    paint: counts => {
      const sum = counts.reduce((a, b) => a + b, 0);
      const most = Math.max(1, ...counts);
      counts.forEach((value, index) => {
        bars[index].setAttribute('height', value ? Math.max(1, height * value / most) : 0);
        bars[index].setAttribute('y', height - (value ? Math.max(1, height * value / most) : 0));
      });
      setText(words, sum ? `${count(sum)}; half ${within(counts, sum / 2, boundaries)}, 99 % ${within(counts, sum * .99, boundaries)}` : 'none yet');
    },
  };
}

/** In which bucket so many are reached. */
function within(counts, wanted, boundaries) {
  let sum = 0;
  const index = counts.findIndex(value => (sum += value) >= wanted);
  return index < boundaries.length ? `within ${bound(boundaries[index])}` : `over ${bound(boundaries.at(-1))}`;
}
