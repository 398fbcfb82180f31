// What the manager told last. Versions grow with each change of a part, so that painters see what they need not paint.
const hour = 3600;

export class Store {
  known = false;
  leads = false;
  leader = null;
  pools = new Map();
  functions = new Map();
  levels = new Map();   // by pool: [second, starting, warm, claimed, serving, draining, claims, misses], oldest first; a sample holds until the next
  phases = [];
  boundaries = [];
  starts = [];
  misses = [];          // newest first
  events = [];
  versions = { pools: 0, functions: 0, starts: 0, misses: 0, events: 0 };
  changed = () => {};
  #skew = 0;            // of the manager's clock against this one, in seconds

  /** Now by the manager's clock, in seconds. */
  get now() { return Date.now() / 1000 + this.#skew; }

  all(message) {
    this.pools.clear();
    this.functions.clear();
    this.levels.clear();
    this.misses = [];
    this.events = [];
    this.phases = message.phases;
    this.boundaries = message.boundaries;
    for (const { pool, samples } of message.history) {
      this.levels.set(pool, samples);
    }

    Object.keys(this.versions).forEach(part => this.versions[part]++);
    this.known = true;
    this.change(message);
  }

  change(message) {
    this.#skew = message.at / 1000 - Date.now() / 1000;
    this.leads = message.leads;
    this.leader = message.leader ?? null;
    this.#replace('pools', message.pools, message.poolsGone);
    this.#replace('functions', message.functions, message.functionsGone);
    message.pools?.forEach(pool => this.#sample(pool, message.at / 1000));
    message.poolsGone?.forEach(name => this.levels.delete(name));
    if (message.starts) {
      this.starts = message.starts;
      this.versions.starts++;
    }

    this.#prepend('misses', message.misses, 64);
    this.#prepend('events', message.events, 256);
    this.changed();
  }

  #replace(part, rows, gone) {
    rows?.forEach(row => this[part].set(row.name, row));
    gone?.forEach(name => this[part].delete(name));
    if (rows?.length || gone?.length) {
      this.versions[part]++;
    }
  }

  #prepend(part, rows, most) {
    if (rows?.length) {
      this[part] = [...rows.toReversed(), ...this[part]].slice(0, most);
      this.versions[part]++;
    }
  }

  #sample(pool, at) {
    const samples = this.levels.get(pool.name) ?? [];
    samples.push([at, pool.starting, pool.warm, pool.claimed, pool.serving, pool.draining, pool.claims, pool.misses]);

    // One sample is left from before: it says how the hour began.
    let old = 0;
    while (old + 1 < samples.length && samples[old + 1][0] < at - hour) {
      old++;
    }

    this.levels.set(pool.name, old ? samples.slice(old) : samples);
  }
}
