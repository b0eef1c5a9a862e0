// Makes pages live: fetches the same page again when the console says that something has changed, and now and then, and
// replaces the parts that say so. The console is heard every second; a page that does not hear it says since when, and
// shows nothing as well. A page with a form says when nothing can be changed. Without the script everything works; the browser reloads.
(() => {
  "use strict";
  // Figures that nobody is told of, such as performance.
  const PAUSE_MS = 15000;
  const ANSWER_MS = 3000;
  const SILENCE_MS = 2700;
  const LOOK_MS = 250;
  const AGAIN_MS = 1000;
  const find = (id) => document.getElementById(id);
  // Nobody asked for this: it does not keep a session from ending. In a cache it would be in the way of a reload.
  const ASKED = { cache: "no-store", redirect: "manual", headers: { "gotgan-automatic": "1" } };
  const pageOf = (text) => new DOMParser().parseFromString(text, "text/html");

  // A page with something to type is not replaced: it only says when nothing could be changed from it, and why.
  const watch = (unreached) => {
    let asked = Date.now(), heard = asked, busy = false, over = false;
    const look = async () => {
      if (busy || document.hidden) return;
      busy = true;
      asked = Date.now();
      try {
        const answer = await fetch("/help", { ...ASKED, signal: AbortSignal.timeout(ANSWER_MS) });
        // A session that ended takes the form along to the login.
        if (answer.type === "opaqueredirect") return;
        if (!answer.ok) throw new Error(answer.status);
        const fresh = pageOf(await answer.text()).getElementById("stale"), old = find("stale");
        if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
        unreached.hidden = true;
      } catch {
        unreached.hidden = false;
      } finally {
        busy = false;
      }
    };
    let news;
    const listen = () => {
      news?.close();
      heard = Date.now();
      news = new EventSource("/news");
      news.addEventListener("beat", () => { heard = Date.now(); if (!unreached.hidden) look(); });
      news.addEventListener("changed", () => { heard = Date.now(); look(); });
      news.addEventListener("silent", () => { heard = Date.now(); unreached.hidden = false; });
      news.addEventListener("ended", () => { over = true; news.close(); });
    };
    listen();
    setInterval(() => {
      const now = Date.now();
      if (!over && now - heard > SILENCE_MS) { listen(); look(); } else if (now - asked > PAUSE_MS) look();
    }, AGAIN_MS);
    document.addEventListener("visibilitychange", look);
  };

  // Where the browser lets a page copy.
  const offerToCopy = (button) => {
    button.hidden = !navigator.clipboard;
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.nextElementSibling.textContent = button.dataset.copy;
    };
  };
  document.querySelectorAll("[data-copy]").forEach(offerToCopy);

  // A chart's figures, one after the other, by pointer or keys. They are in its table.
  const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
  const readable = (chart) => {
    const plot = chart.querySelector("[data-plot]"), rows = [...chart.querySelectorAll("tbody tr")];
    if (!plot) return;
    const reading = chart.querySelector("output"), cursor = plot.querySelector(".cursor");
    let at = rows.length - 1;
    const read = (to) => {
      at = Math.max(0, Math.min(rows.length - 1, to));
      cursor.setAttribute("d", `M${rows[at].dataset.x} 0V120`);
      reading.textContent = [...rows[at].cells].map((cell) => cell.textContent).join(" · ");
    };
    const away = (row, x) => Math.abs(row.dataset.x - x);
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", plot.dataset.plot);
    plot.onfocus = () => read(at);
    plot.onkeydown = (event) => {
      if (!(event.key in KEYS)) return;
      event.preventDefault();
      read(at + KEYS[event.key]);
    };
    plot.onpointermove = (event) => {
      const box = plot.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * 604 - 2;
      read(rows.reduce((best, row, number) => (away(row, x) < away(rows[best], x) ? number : best), 0));
    };
  };
  const readableIn = (part) => part.querySelectorAll("[data-chart]").forEach(readable);

  const parts = () => [...document.querySelectorAll("[data-live]")];
  // As they came, without what the script adds.
  const came = new Map(parts().map((part) => [part, part.innerHTML]));
  readableIn(document);
  const asOf = find("as-of"), unreached = find("unreached");
  if (!asOf && unreached && document.querySelector("main form[method=post]")) return watch(unreached);
  if (!asOf) return;
  const silent = find("silent");
  let news, heard = Date.now(), since = asOf.dataset.time, asked = heard, opened = 0;
  let busy = false, lost = false, ended = false;

  // Who is reading with the keyboard, selecting text or typing is not disturbed.
  const inUse = (part) => {
    const at = document.activeElement;
    const typing = at && part.contains(at) && at.matches("input, select, textarea, [data-plot]");
    const selection = document.getSelection();
    return typing || (selection && !selection.isCollapsed && part.contains(selection.anchorNode));
  };
  // But for this.
  const verdicts = (part) => [...part.querySelectorAll(".verdict h1, .status")].map((one) => one.textContent).join();

  const FOCUSED = "a,button,summary,[data-plot]";
  // The same element afterwards, by what it is, so that focus stays where it was.
  const mark = (part) => {
    const at = document.activeElement;
    if (!at || !part.contains(at)) return null;
    return [...part.querySelectorAll(FOCUSED)].indexOf(at);
  };

  // False where it shows the old figures still.
  const replace = (part, fresh) => {
    const html = fresh.innerHTML;
    if (came.get(part) === html) return true;
    if (inUse(part) && verdicts(part) === verdicts(fresh)) return false;
    const focus = mark(part);
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.className = fresh.className;
    part.replaceChildren(...fresh.childNodes);
    came.set(part, html);
    readableIn(part);
    [...part.querySelectorAll("details")].forEach((one, at) => { one.open = !!open[at]; });
    if (focus !== null) part.querySelectorAll(FOCUSED)[focus]?.focus({ preventScroll: true });
    return true;
  };

  const setLost = (is) => {
    if (is === lost || ended) return;
    lost = is;
    silent.querySelector("h2").textContent = silent.dataset.text.replace("{}", since);
    silent.hidden = !is;
    document.documentElement.classList.toggle("lost", is);
  };
  const hear = (time) => { heard = Date.now(); since = time; };
  // What the page shows is for nobody any more.
  const end = () => {
    ended = true;
    news.close();
    const note = find("ended");
    note.hidden = false;
    find("main").replaceChildren(note);
  };

  const show = (page) => {
    const time = page.getElementById("as-of"), old = parts();
    const fresh = [...page.querySelectorAll("[data-live]")];
    // It has other parts now than when it was opened.
    if (!time || fresh.map((part) => part.id).join() !== old.map((part) => part.id).join()) return location.reload();
    if (old.map((part, at) => replace(part, fresh[at])).every(Boolean)) asOf.textContent = time.textContent;
    hear(time.dataset.time);
    setLost(false);
  };

  const refresh = async () => {
    if (busy || ended || document.hidden) return;
    busy = true;
    asked = Date.now();
    try {
      const answer = await fetch(location.href, { ...ASKED, signal: AbortSignal.timeout(ANSWER_MS) });
      if (answer.type === "opaqueredirect") return end();
      // Not found any more, or not for this user.
      if (answer.status === 403 || answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      show(pageOf(await answer.text()));
    } catch {
      setLost(true);
    } finally {
      busy = false;
    }
  };

  const listen = () => {
    opened = Date.now();
    news = new EventSource("/news");
    news.addEventListener("beat", (beat) => { hear(beat.data); if (lost) refresh(); });
    news.addEventListener("changed", (change) => { hear(change.data); refresh(); });
    news.addEventListener("silent", () => setLost(true));
    news.addEventListener("ended", end);
  };
  const look = () => {
    if (ended) return;
    const now = Date.now(), mute = now - heard > SILENCE_MS, closed = news.readyState === EventSource.CLOSED;
    if (mute) setLost(true);
    if (now - asked > PAUSE_MS) refresh();
    // It was refused, and the page says why; or it broke without a word.
    if ((mute || closed) && now - opened > (closed ? AGAIN_MS : ANSWER_MS)) {
      news.close();
      listen();
      refresh();
    }
  };
  listen();
  setInterval(look, LOOK_MS);
  // Whoever comes back sees no old verdict.
  document.addEventListener("visibilitychange", () => { look(); refresh(); });
})();
