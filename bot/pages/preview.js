'use strict';

// Follows the files: the server tells of each save, and the page fetches itself anew and keeps its place.
(() => {
  const PARTS = ['state', 'list', 'main'];
  let shown = document.body.dataset.number;
  let wanted = shown;
  let busy = false;
  let changed = new Set();

  /** Fetches this page as a document: the parser of a request runs no script, so no text is ever turned into one. */
  function fetched() {
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.responseType = 'document';
      request.addEventListener('load', () => done(request.response));
      request.addEventListener('error', failed);
      request.open('GET', window.location.pathname + window.location.search);
      request.send();
    });
  }

  const words = (root) => new Set([...root.querySelectorAll('.message, .said')].map((node) => node.textContent));
  const open = (root) => new Map([...root.querySelectorAll('details[id]')].map((node) => [node.id, node.open]));

  /** Takes over the new page's parts; what was open, focused and in view stays so. */
  function take(page) {
    const [before, opened] = [words(document), open(document)];
    const [focus, x, y] = [document.activeElement?.id, window.scrollX, window.scrollY];
    for (const id of PARTS) {
      const old = document.getElementById(id);
      const next = page.getElementById(id);
      // A status that says the same again would be read out again.
      if (old.innerHTML !== next.innerHTML) old.replaceChildren(...next.childNodes);
    }
    document.title = page.title;
    shown = page.body.dataset.number;
    for (const node of document.querySelectorAll('details[id]')) if (opened.has(node.id)) node.open = opened.get(node.id);
    const said = [...document.querySelectorAll('.message, .said')];
    const fresh = said.map((node) => node.textContent).filter((text) => !before.has(text));
    // The findings of the check come after the words and change none: the marks stay until the next save.
    if (fresh.length) changed = new Set(fresh);
    for (const node of said) node.classList.toggle('changed', changed.has(node.textContent));
    if (focus && document.activeElement?.id !== focus) document.getElementById(focus)?.focus({ preventScroll: true });
    window.scrollTo(x, y);
  }

  async function follow() {
    if (busy) return;
    busy = true;
    try {
      while (shown !== wanted) {
        const page = await fetched();
        if (!page?.body?.dataset.number) break;
        take(page);
        // What came meanwhile is told by the next event.
        if (Number(shown) >= Number(wanted)) wanted = shown;
      }
    } finally {
      busy = false;
    }
  }

  const events = new EventSource('/events');
  events.addEventListener('message', (event) => {
    wanted = event.data;
    follow().catch(() => {});
  });
  events.addEventListener('error', () => {
    const note = document.createElement('p');
    note.className = 'broken';
    note.textContent = document.body.dataset.stopped;
    document.getElementById('state').replaceChildren(note);
    // Once it runs again it numbers its views anew.
    shown = '';
  });

  document.addEventListener('change', (event) => event.target.closest('form.choose')?.requestSubmit());
})();
