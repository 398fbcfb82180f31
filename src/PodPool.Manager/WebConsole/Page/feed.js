// The stream from the manager, and how it is with it. While nobody sees the page, the manager is not asked.
const silence = 25_000;

export function connect(store, status) {
  let source = null;
  let heard = 0;
  const say = text => { if (status.textContent !== text) status.textContent = text; };

  const tell = (event, apply) => source.addEventListener(event, message => {
    heard = Date.now();
    apply(JSON.parse(message.data));
    say(store.leads ? 'live'
      : store.leader ? `this manager stands by: ${store.leader} leads, and knows what there is` : 'this manager stands by, and knows of none that leads');
  });

  const open = () => {
    source?.close();
    heard = Date.now();
    source = new EventSource('/console/stream');
    tell('snapshot', message => store.all(message));
    tell('change', message => store.change(message));
    source.onerror = () => say('the manager does not answer; it is tried again');
  };

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      open();
    }
  });

  // What the browser does not try again by itself: an answer that was no stream, a connection that died without a word.
  setInterval(() => {
    if (source && (source.readyState === EventSource.CLOSED || (source.readyState === EventSource.OPEN && Date.now() - heard > silence))) {
      open();
    }
  }, 5000);
  open();
}
