// Makes pages live: fetches the same page again when the console says that something has changed, and now and then, and
// replaces the parts that say so. Without it, everything works; one reloads.
(() => {
  "use strict";
  const PAUSE_MS = 5000;
  // Figures that nobody is told of, such as performance.
  const PAUSE_TOLD_MS = 15000;
  const parts = () => document.querySelectorAll("[data-live]");
  if (!parts().length) return;
  let busy = false;

  // Who is reading with the keyboard, selecting text or typing is not disturbed.
  const inUse = (part) => {
    const at = document.activeElement;
    const typing = at && part.contains(at) && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
    const selection = document.getSelection();
    return typing || (selection && !selection.isCollapsed && part.contains(selection.anchorNode));
  };

  // The same element afterwards, by what it is, so that focus stays where it was.
  const mark = (part) => {
    const at = document.activeElement;
    if (!at || !part.contains(at)) return null;
    const all = [...part.querySelectorAll("a,button,summary")];
    return all.indexOf(at);
  };

  const replace = (part, fresh) => {
    if (inUse(part) || part.innerHTML === fresh.innerHTML) return;
    const focus = mark(part);
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.replaceChildren(...fresh.childNodes);
    [...part.querySelectorAll("details")].forEach((one, at) => { one.open = !!open[at]; });
    if (focus !== null) part.querySelectorAll("a,button,summary")[focus]?.focus({ preventScroll: true });
  };

  // Something was typed that a new page would lose.
  const typed = () => [...document.querySelectorAll("input,textarea")].some(
    (one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked);

  // Nobody asked for this: it does not keep a session from ending.
  const ASKED = { credentials: "same-origin", redirect: "manual", headers: { "gotgan-automatic": "1" } };

  const refresh = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(location.href, ASKED);
      // The session has ended: what the page shows is for nobody any more.
      if (answer.type === "opaqueredirect") {
        if (typed()) throw new Error("logged out");
        location.reload();
      }
      if (answer.ok || answer.status === 503) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of parts()) {
          const fresh = page.getElementById(part.id);
          if (fresh) replace(part, fresh);
        }
        document.documentElement.classList.remove("lost");
      }
    } catch {
      document.documentElement.classList.add("lost");
    } finally {
      busy = false;
    }
  };
  const news = new EventSource("/news");
  news.onmessage = refresh;
  const again = async () => {
    await refresh();
    setTimeout(again, news.readyState === EventSource.OPEN ? PAUSE_TOLD_MS : PAUSE_MS);
  };
  setTimeout(again, PAUSE_MS);
  document.addEventListener("visibilitychange", refresh);
})();
