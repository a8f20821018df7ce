// Own It: the web chat. One script, no library. The page that shows it needs one line:
//
//   <script src="https://…/widget.js" data-place="north-west-london" data-school-nurse="…" async></script>
//
// Every word comes from widget-strings.json; every answer and phone number comes from the server.
// Nothing is set through innerHTML or a style attribute, so it runs under a strict content policy.
(() => {
  'use strict';
  const script = document.currentScript || document.querySelector('script[src*="widget.js"]');
  if (!script || customElements.get('ownit-chat')) return;
  const base = new URL('.', script.src).href;
  // Control and direction characters could dress up text as something it is not.
  const UNSEEN = /[\s\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/gu;
  const options = {
    place: script.dataset.place || '',
    nurse: [...(script.dataset.schoolNurse || '').replace(UNSEEN, ' ').trim()].slice(0, 200).join(''),
    page: script.dataset.mode === 'page',
  };

  const STORE = `ownit ${base}`;
  const KEPT_TURNS = 40;
  const TIMEOUT_MS = 30000;
  const RETRY_AFTER_MS = [1000, 3000];
  const TYPING_AFTER_MS = 500;
  // Chrome with TalkBack misses what stands in a live region for less than about 100 ms.
  const SPOKEN_FOR_MS = 1000;
  const COUNT_FROM = 200;
  const small = matchMedia('(max-width: 40rem), (max-height: 30rem)');

  let words = {};
  const fill = (text, values) => text.replace(/\$(\w+)/g, (_, name) => values[name]);
  const digits = (number) => number.replace(/[^\d+]/g, '');
  const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const longDate = (iso) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso));

  /** Makes an element; a function among the attributes listens to the event of that name. */
  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'function') made.addEventListener(name, value);
      else if (value !== false && value !== null) made.setAttribute(name, value === true ? '' : value);
    }
    made.append(...children.filter((child) => child !== null && child !== ''));
    return made;
  }
  const button = (label, act, attributes = {}) => el('button', { type: 'button', click: act, ...attributes }, label);
  const hidden = (text) => el('span', { class: 'sr' }, text);
  const group = (kind, label, ...children) => el('div', { class: kind, role: 'group', 'aria-label': label }, ...children);
  // A key that ends an input method's work is not meant for us; Safari tells of it when that has ended, by its code alone.
  const composing = (event) => event.isComposing || event.keyCode === 229;

  /** Returns a link, or plain text when the address is of a kind we do not open. */
  function link(href, label, about = '') {
    if (!/^(https|tel|sms):/.test(href) && !href.startsWith(base)) return el('span', {}, label);
    const away = href.startsWith('http');
    const attributes = away ? { href, target: '_blank', rel: 'noopener noreferrer' } : { href };
    // A name that the words hold already would be read out twice: "Call 999 (999)".
    const aside = [label.includes(about) ? '' : about, away ? words.new_tab : ''].filter(Boolean).join(', ');
    return el('a', attributes, label, aside ? hidden(` (${aside})`) : '');
  }

  const span = (part) => {
    const shown = part.href ? link(part.href, part.text) : part.text;
    return part.bold ? el('strong', {}, shown) : shown;
  };

  /** Renders one message: its blocks of paragraphs and lists. */
  function blocks(tree) {
    return tree.map((block) => {
      const lines = block.lines.map((line) => el(block.kind === 'ul' ? 'li' : 'p', { dir: 'auto' }, ...line.map(span)));
      return block.kind === 'ul' ? [el('ul', {}, ...lines)] : lines;
    }).flat();
  }

  const plain = (tree) => tree.flatMap((b) => b.lines.map((line) => line.map((s) => s.text).join(''))).join('\n');

  function contactItem(contact) {
    const name = contact.name;
    const item = el('li', {}, el('strong', {}, name));
    for (const text of [contact.what, contact.who && fill(words.for, contact), contact.hours]) if (text) item.append(el('span', { dir: 'auto' }, text));
    if (contact.phone) item.append(link(`tel:${digits(contact.phone)}`, fill(words.call, contact), name));
    if (contact.sms) {
      const label = fill(contact.sms_word ? words.text_word : words.text_any, { word: contact.sms_word, number: contact.sms });
      const body = contact.sms_word ? `?body=${encodeURIComponent(contact.sms_word)}` : '';
      item.append(link(`sms:${digits(contact.sms)}${body}`, label, name));
    }
    if (contact.web) item.append(link(contact.web, words.visit, name));
    if (contact.bsl) item.append(el('span', {}, fill(words.bsl, contact)));
    return item;
  }

  const contactList = (contacts, label) => el('ul', { class: 'contacts', 'aria-label': label }, ...contacts.map(contactItem));

  /** Says what an answer rests on and who has checked it; a notice of ours rests on nothing. */
  function sourceLine(reply) {
    const line = el('p', { class: 'source' });
    if (reply.draft) line.append(`${words.draft} `);
    if (reply.checked_on) line.append(`${fill(words.checked, { date: longDate(reply.checked_on) })} `);
    reply.sources.forEach((source, index) => {
      line.append(index ? ', ' : `${words.source} `, source.url ? link(source.url, source.name) : source.name);
    });
    return line;
  }

  /** Returns the reply to what was asked: a line of support may stand before it or after it. */
  function mainReply({ topic, replies }) {
    const backwards = [...replies].reverse();
    // What a look-up found goes by the name of its notice; like all answers, and unlike a line of support after it, it has a source.
    return replies.find((r) => r.answer.startsWith(topic)) || backwards.find((r) => r.sources.length) || backwards[0];
  }

  /** What this tab remembers of the chat; goes with the tab, and after 30 silent minutes. */
  const memory = {
    idle: 1800000,
    load() {
      try {
        const kept = JSON.parse(sessionStorage.getItem(STORE));
        if (kept && Date.now() - kept.at < this.idle) return kept;
      } catch { /* Storage is switched off or holds something else: begin anew. */ }
      this.clear();
      return null;
    },
    save(state) {
      try {
        sessionStorage.setItem(STORE, JSON.stringify(state));
      } catch { /* Full or switched off: the chat still works, a reload loses it. */ }
    },
    clear() {
      try {
        sessionStorage.removeItem(STORE);
      } catch { /* Nothing can have been kept. */ }
    },
  };

  class Refusal extends Error {
    constructor(status, code, message, wait) {
      super(message);
      Object.assign(this, { status, code, wait });
    }
  }

  /** Sends one request; a `Refusal` is an answer, any other error means the server was not reached. */
  async function request(method, path, token, body) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(base + path, {
        method,
        headers: { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) },
        body: body && JSON.stringify(body),
        signal: stop.signal,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        // The page may be going away (exit): the request still has to arrive.
        keepalive: method === 'DELETE',
      });
      const data = response.status === 204 ? {} : await response.json();
      if (response.ok) return data;
      const { code, message } = data.error;
      throw new Refusal(response.status, code, message, Number(response.headers.get('Retry-After')));
    } finally {
      clearTimeout(timer);
    }
  }

  class OwnItChat extends HTMLElement {
    constructor() {
      super();
      this.queue = Promise.resolve();
      this.shifts = [];
      this.attachShadow({ mode: 'open' });
      // Asked for at once, so that it travels beside the words; unstyled, the chat still works.
      this.styled = new Promise((done) => {
        this.shadowRoot.append(el('link', { rel: 'stylesheet', href: `${base}widget.css`, load: done, error: done }));
      });
      this.state = memory.load() || { at: Date.now(), token: '', open: options.page, log: [] };
    }

    /** Shows what the server sent: the button at once, and the chat behind it as soon as the page has drawn that. */
    async start(data) {
      this.data = data;
      words = data.strings;
      memory.idle = data.limits.idle_seconds * 1000;
      this.launch = button(words.launch, () => this.show(true), { class: 'launch', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' });
      const key = (event) => { if (event.key === 'Escape' && !composing(event)) this.escape(event); };
      this.root = el('div', { class: 'root', lang: 'en-GB', dir: 'ltr', keydown: key }, options.page ? '' : this.launch);
      await this.styled;
      this.shadowRoot.append(this.root);
      const fallback = document.getElementById('ownit-fallback');
      if (fallback && options.page) fallback.hidden = true;
      if (this.state.open || options.page) this.show(false);
      else requestAnimationFrame(() => setTimeout(() => this.furnish()));
    }

    /** Builds the chat, once, with what was said before a reload. */
    furnish() {
      if (this.panel) return;
      this.build();
      this.root.append(this.panel);
      this.restore();
      this.watch();
    }

    // What is on the screen

    build() {
      this.heading = el('h2', { id: 'title', tabindex: '-1' }, words.name);
      this.helpButton = button(words.help, () => this.toggleHelp(), { class: 'help', 'aria-expanded': 'false', 'aria-controls': 'help' });
      this.closeButton = button('', () => this.hide(), { class: 'close', 'aria-label': words.close });
      const head = el('header', {},
        el('div', { class: 'names' }, this.heading, el('p', {}, words.tagline)),
        options.page ? '' : this.closeButton,
        el('div', { class: 'safety' }, this.helpButton, button(words.exit, () => this.exit(), { class: 'exit', 'aria-description': words.exit_hint })));
      const { help } = this.data;
      this.help = el('section', { id: 'help', class: 'help-panel', hidden: true, tabindex: '-1', 'aria-labelledby': 'help-title' },
        el('h3', { id: 'help-title' }, words.help_title), ...help.messages.flatMap(blocks),
        options.nurse ? el('div', { class: 'nurse' }, el('h4', {}, words.nurse_title), el('p', { dir: 'auto' }, options.nurse)) : '',
        contactList(help.contacts, words.contacts), button(words.help_close, () => this.toggleHelp()));
      this.log = el('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': words.log, tabindex: '0' });
      this.live = el('div', { class: 'sr', 'aria-live': 'polite', 'aria-atomic': 'false', 'aria-relevant': 'additions' });
      this.count = el('p', { id: 'count', class: 'count' });
      this.box = el('textarea', {
        id: 'box', rows: '1', 'aria-describedby': 'count', autocomplete: 'off', enterkeyhint: 'send', dir: 'auto',
        input: () => this.typed(), keydown: (event) => this.key(event), pointerdown: () => this.box.removeAttribute('inputmode'),
      });
      const form = el('form', { submit: (event) => { event.preventDefault(); this.submit(); } },
        el('label', { for: 'box' }, words.ask), this.count, el('div', { class: 'row' }, this.box, el('button', { class: 'send' }, words.send)));
      this.foot = el('div', { class: 'foot' }, form, el('div', { class: 'small' }, button(words.clear, () => this.clear()),
        link(`${base}privacy`, words.privacy), link(`${base}accessibility`, words.accessibility)));
      this.panel = el('dialog', { class: options.page ? 'panel page' : 'panel', 'aria-label': words.panel, cancel: (event) => this.escape(event) },
        head, this.help, this.log, this.foot, this.live);
    }

    restore() {
      this.log.replaceChildren(el('p', { class: 'note' }, words.private_note));
      this.bot([this.data.welcome]);
      for (const entry of this.state.log) {
        if (entry.me) this.mine(entry.me);
        else this.bot(entry.replies);
      }
      // Whatever was asked before the reload was answered: only the newest questions stay open.
      const groups = [...this.log.querySelectorAll('.choices')];
      groups.slice(0, -1).forEach((offered) => this.settle(offered, null));
      this.scroll();
    }

    message(who, speaker, ...content) {
      const node = el('div', { class: `message ${who}` }, hidden(`${speaker} `), ...content);
      this.log.append(node);
      return node;
    }

    mine(text) {
      const node = this.message('me', words.you_said, el('p', { dir: 'auto' }, text));
      this.scroll();
      return node;
    }

    /** Shows a turn's replies. */
    bot(replies) {
      const first = this.log.childElementCount;
      for (const reply of replies) {
        for (const tree of reply.messages) this.message('bot', words.bot_said, ...blocks(tree));
        if (reply.answer.startsWith('school_nurse') && options.nurse) {
          this.message('bot', words.bot_said, el('p', {}, el('strong', {}, words.nurse_title)), el('p', { dir: 'auto' }, options.nurse));
        }
        if (reply.contacts.length) this.log.append(contactList(reply.contacts, words.contacts));
        if (reply.sources.length) this.log.append(sourceLine(reply));
        if (reply.rate) this.log.append(this.rating(reply));
        if (reply.buttons.length) this.log.append(this.choices(reply.buttons));
      }
      this.scroll(this.log.children[first]);
    }

    choices(buttons) {
      const offered = group('choices', words.suggestions);
      offered.append(...buttons.map((b) => button(b.title, (event) => this.choose(event, offered, b))));
      return offered;
    }

    choose(event, offered, choice) {
      if (event.currentTarget.getAttribute('aria-disabled')) return;
      this.settle(offered, event.currentTarget);
      this.focusBox();
      this.ask(choice.title, { payload: choice.payload });
    }

    /** Leaves a group of choices readable, the chosen one marked, and takes it out of the tab order. */
    settle(offered, chosen) {
      for (const button of offered.children) {
        button.setAttribute('aria-disabled', 'true');
        button.tabIndex = -1;
      }
      if (chosen) {
        chosen.classList.add('chosen');
        chosen.append(hidden(`, ${words.chosen}`));
      }
    }

    rating(reply) {
      const asked = group('rating', words.helpful, el('span', {}, words.helpful));
      const vote = (helpful) => (event) => {
        if (!reply.rate) return;
        reply.rate = false;
        this.keep();
        for (const each of asked.querySelectorAll('button')) each.setAttribute('aria-disabled', 'true');
        event.currentTarget.setAttribute('aria-pressed', 'true');
        asked.append(el('span', {}, words.thanks));
        this.say(words.thanks);
        const { answer } = reply;
        request('POST', 'api/helpful', this.state.token, { answer, helpful }).catch(() => { /* A lost vote is no loss to the person. */ });
      };
      asked.append(button(words.yes, vote(true)), button(words.no, vote(false)));
      return asked;
    }

    /** Reads text out once to screen readers, and empties the live region again. */
    say(...texts) {
      this.live.append(...texts.map((text) => el('p', {}, text)));
      clearTimeout(this.spoken);
      this.spoken = setTimeout(() => this.live.replaceChildren(), SPOKEN_FOR_MS);
    }

    /** Brings the start of what is new into view, below the question if that is short. */
    scroll(start) {
      const question = start && start.previousElementSibling;
      const node = question && question.classList.contains('me') && question.offsetHeight < 80 ? question : start;
      const top = node ? node.offsetTop - this.log.offsetTop - 8 : this.log.scrollHeight;
      this.log.scrollTop = top;
    }

    // Opening, closing, leaving

    show(byPerson) {
      this.furnish();
      this.state.open = true;
      if (!this.panel.open) this.unfold();
      this.launch.setAttribute('aria-expanded', 'true');
      this.launch.hidden = true;
      this.fit();
      this.scroll(this.state.log.length ? undefined : this.log.firstElementChild);
      if (byPerson) {
        if (matchMedia('(pointer: fine)').matches) this.box.focus();
        else this.heading.focus();
        this.keep();
      } else if (this.shadowRoot.activeElement) {
        // A reload that finds the chat open must not take the page's focus.
        this.shadowRoot.activeElement.blur();
      }
    }

    /** Opens the panel; over the whole screen the page behind must not be reachable, beside it, it must be. */
    unfold() {
      // Setting `open` shows the dialog without moving focus, which show() would.
      if (!options.page && small.matches) this.panel.showModal();
      else this.panel.open = true;
    }

    /** Opens the panel anew when the window was resized, turned or zoomed while it was open: a dialog cannot change its kind. */
    refold() {
      if (!this.panel.open || options.page) return;
      const focused = this.shadowRoot.activeElement;
      this.panel.close();
      this.unfold();
      if (focused) focused.focus({ preventScroll: true });
    }

    hide() {
      if (options.page) return;
      this.state.open = false;
      this.panel.close();
      this.launch.hidden = false;
      this.launch.setAttribute('aria-expanded', 'false');
      this.launch.focus();
      this.keep();
    }

    escape(event) {
      event.preventDefault();
      if (!this.help.hidden) this.toggleHelp();
      else this.hide();
    }

    toggleHelp() {
      const opening = this.help.hidden;
      this.help.hidden = !opening;
      this.log.hidden = opening;
      this.foot.hidden = opening;
      this.helpButton.setAttribute('aria-expanded', String(opening));
      (opening ? this.help : this.helpButton).focus();
    }

    /** Blanks the page first, then forgets the chat, then leaves without a way back to it. */
    exit() {
      document.title = '\u00a0';
      const { token } = this.state;
      this.gone = true;
      memory.clear();
      document.body.replaceChildren();
      if (token) request('DELETE', 'api/session', token).catch(() => { /* It expires by itself. */ });
      try {
        // In a school's frame the page around it has to go too.
        window.top.location.replace(words.exit_url);
      } catch {
        window.location.replace(words.exit_url);
      }
    }

    clear() {
      this.forget();
      this.say(words.cleared);
      this.focusBox();
    }

    forget() {
      if (this.state.token) request('DELETE', 'api/session', this.state.token).catch(() => { /* It expires by itself. */ });
      this.queue = Promise.resolve();
      this.state = { at: Date.now(), token: '', open: this.state.open, log: [] };
      memory.clear();
      this.empty();
      this.restore();
    }

    // Typing and sending

    typed() {
      const left = this.data.limits.question - this.box.value.length;
      const text = left >= COUNT_FROM ? '' : fill(left < 0 ? words.over : words.left, { count: Math.abs(left) });
      this.count.textContent = text;
      this.count.classList.toggle('over', left < 0);
      clearTimeout(this.counted);
      // Reading each number out while somebody types would drown their own typing.
      if (text) this.counted = setTimeout(() => this.say(text), 1500);
    }

    empty() {
      this.box.value = '';
      this.typed();
    }

    key(event) {
      this.box.removeAttribute('inputmode');
      if (event.key !== 'Enter' || event.shiftKey || composing(event)) return;
      event.preventDefault();
      this.submit();
    }

    submit() {
      const text = this.box.value.trim();
      if (!text) return;
      if (text.length > this.data.limits.text) {
        this.say(this.count.textContent);
        return;
      }
      this.empty();
      this.ask(text, { text });
    }

    /** Gives the box focus without raising a phone's keyboard over the answer. */
    focusBox() {
      if (!matchMedia('(pointer: fine)').matches) this.box.inputMode = 'none';
      this.box.focus({ preventScroll: true });
    }

    /** Shows what was asked and sends it after whatever is under way. */
    ask(shown, said) {
      this.mine(shown);
      this.remember({ me: shown });
      const body = {
        id: Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
        ...said,
        ...(options.place && { place: options.place }),
      };
      this.send(body);
    }

    /** Sends a message after whatever is under way in its chat. */
    send(body) {
      const chat = this.state;
      this.queue = this.queue.then(() => this.deliver(body, chat));
    }

    /** Says whether somebody cleared the chat or left: nothing begun in it may go on in the next one. */
    over(chat) {
      return this.gone || chat !== this.state;
    }

    async deliver(body, chat) {
      let writing;
      const typing = setTimeout(() => {
        if (this.over(chat)) return;
        writing = this.message('bot typing', '', el('p', {}, words.writing));
        this.scroll();
      }, TYPING_AFTER_MS);
      let answer;
      let problem;
      try {
        answer = await this.patiently(body, chat);
      } catch (error) {
        problem = error;
      }
      clearTimeout(typing);
      if (writing) writing.remove();
      if (this.over(chat)) return;
      if (problem) this.failed(body, problem);
      else this.answered(answer);
    }

    /** Sends a message; tries again by itself, under the same id, while the server is not reached and the chat goes on. */
    async patiently(body, chat) {
      let renewed = false;
      let tries = 0;
      while (!this.over(chat)) {
        try {
          if (chat.token) return await request('POST', 'api/message', chat.token, body);
          chat.token = (await request('POST', 'api/session', '', {})).session.token;
        } catch (error) {
          const refused = error instanceof Refusal && error.status < 500;
          if (refused && error.status === 401 && !renewed) {
            renewed = true;
            chat.token = '';
          } else if (refused || tries >= RETRY_AFTER_MS.length || !navigator.onLine) throw error;
          else {
            await sleep(RETRY_AFTER_MS[tries]);
            tries += 1;
          }
        }
      }
      return null;
    }

    answered({ turn, session }) {
      if (turn.forget) {
        this.state.log = [];
        memory.clear();
        this.log.replaceChildren();
      }
      this.state.token = session.token;
      const main = mainReply(turn);
      // Nobody has to say whether a greeting helped: it rests on nothing that could be put right.
      main.rate = turn.outcome === 'answered' && !turn.forget && main.sources.length > 0;
      this.remember({ replies: turn.replies });
      this.bot(turn.replies);
      if (turn.awaiting_place && navigator.geolocation && window.isSecureContext) this.offerLocation();
      this.say(...turn.replies.flatMap((reply) => [
        ...reply.messages.map((tree) => `${words.bot_said} ${plain(tree)}`),
        ...reply.contacts.map((c) => [c.name, c.phone, c.sms && `${c.sms_word} ${c.sms}`].filter(Boolean).join(', ')),
      ]));
    }

    failed(body, error) {
      const refused = error instanceof Refusal;
      const text = refused ? error.message : (navigator.onLine ? words.not_sent : words.offline);
      const node = group('failed', text, el('p', {}, text), button(words.retry, () => retry()));
      if (!refused || error.status >= 500) node.append(el('p', {}, words.reach), contactList(this.data.help.contacts, words.contacts));
      const retry = () => {
        window.removeEventListener('online', retry);
        if (!node.isConnected) return;
        if (node.contains(this.shadowRoot.activeElement)) this.focusBox();
        node.remove();
        this.send(body);
      };
      if (!refused) window.addEventListener('online', retry);
      this.log.append(node);
      this.scroll(node);
      this.say(text);
    }

    offerLocation() {
      const offered = group('choices', words.location);
      // The search may take longer than the chat it was begun in.
      const there = (act) => (result) => { if (offered.isConnected) act(result); };
      const found = there(({ coords }) => this.ask(words.location_sent, { location: { latitude: coords.latitude, longitude: coords.longitude } }));
      const lost = there(() => { this.message('bot', words.bot_said, el('p', {}, words.location_failed)); this.say(words.location_failed); });
      offered.append(button(words.share_location, (event) => {
        if (event.currentTarget.getAttribute('aria-disabled')) return;
        this.settle(offered, event.currentTarget);
        this.focusBox();
        navigator.geolocation.getCurrentPosition(found, lost, { timeout: 10000 });
      }));
      this.log.append(offered);
    }

    remember(entry) {
      this.state.log = [...this.state.log, entry].slice(-KEPT_TURNS);
      this.state.at = Date.now();
      this.keep();
    }

    keep() {
      if (!this.gone) memory.save(this.state);
    }

    // What happens around the chat

    watch() {
      document.addEventListener('keydown', (event) => this.shift(event));
      small.addEventListener('change', () => this.refold());
      // On our own pages a plain link leaves without JavaScript; with it, no way leads back.
      document.querySelector('a[data-ownit-exit]')?.addEventListener('click', (event) => { event.preventDefault(); this.exit(); });
      const idle = () => {
        if (!this.state.log.length || Date.now() - this.state.at < memory.idle) return;
        const focused = this.shadowRoot.activeElement;
        this.forget();
        this.message('bot', '', el('p', {}, words.expired));
        this.say(words.expired);
        if (focused && !focused.isConnected) this.focusBox();
      };
      setInterval(idle, 30000);
      document.addEventListener('visibilitychange', idle);
      // A browser may bring the blanked page back whole when somebody presses Back.
      window.addEventListener('pageshow', (event) => { if (event.persisted && this.gone) window.location.reload(); });
      if (window.visualViewport) for (const name of ['resize', 'scroll']) visualViewport.addEventListener(name, () => this.fit());
    }

    /** Shift three times within five seconds leaves the page, while the chat is open. */
    shift(event) {
      if (!this.panel.open || event.repeat) return;
      if (event.key !== 'Shift') { this.shifts = []; return; }
      const now = Date.now();
      this.shifts = [...this.shifts.filter((at) => now - at < 5000), now];
      if (this.shifts.length >= 3) this.exit();
    }

    /** Keeps the box above a phone's keyboard: iOS lays the keyboard over the page. */
    fit() {
      if (!window.visualViewport || !small.matches) {
        this.panel.style.removeProperty('--height');
        return;
      }
      this.panel.style.setProperty('--height', `${Math.round(visualViewport.height)}px`);
      this.panel.style.setProperty('--top', `${Math.round(visualViewport.offsetTop)}px`);
    }
  }

  customElements.define('ownit-chat', OwnItChat);

  async function begin(tries = 0) {
    // Asked for before anything is built: the words are what the button waits for longest.
    const asked = request('GET', `widget-strings.json?place=${encodeURIComponent(options.place)}`);
    const chat = document.createElement('ownit-chat');
    document.body.append(chat);
    try {
      await chat.start(await asked);
    } catch (error) {
      // The next try makes a new one, because the style sheet may have been lost as well.
      chat.remove();
      if (error instanceof Refusal) console.warn(`Own It: ${error.message}`);
      else if (tries < 5) setTimeout(() => begin(tries + 1), 2000 * 2 ** tries);
    }
  }
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', () => begin());
})();
