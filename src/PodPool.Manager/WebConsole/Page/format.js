// Values as people read them.
const numbers = new Intl.NumberFormat('en');
const milliseconds = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });

const shares = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 2 });
const hours = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });

export const count = value => numbers.format(value);

/** A time of today, with the date if it is not today. */
export function time(at) {
  const date = new Date(at);
  const clock = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date().toDateString() ? clock : `${date.toLocaleDateString('en-CA')} ${clock}`;
}

export const duration = value => `${milliseconds.format(value)} ms`;

/** A part of all, 0 to 1. */
export const share = value => shares.format(value);

export const podHours = value => hours.format(value);

/** The upper end of a bucket, which is in seconds. */
export const bound = seconds => seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds} s`;

export const startTotal = start => start.queue + start.claim + start.transfer + start.load + start.start;
