// Making and finding elements. Text is always set as text, never as markup.

/**
 * An element. `of`: attributes; `class`, `text`, `on` ({event: handler}) and `data` are what they say; an
 * attribute that is false, null or undefined is left out, true stands without a value.
 */
export function make(tag, of = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(of)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function find(id) {
  return document.getElementById(id);
}

/** Told to those who listen rather than look. */
export function announce(text) {
  const said = find("said");
  if (said.textContent !== text) said.textContent = text;
}

/** Renders anew without taking the focus away: an element with the same `data-key` gets it back. */
export function keepingFocus(render) {
  const key = document.activeElement?.dataset?.key;
  render();
  if (!key || (document.activeElement && document.activeElement !== document.body)) return;
  const again = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again) again.focus({ preventScroll: true });
}

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** Focuses a heading and brings its section into sight. */
export function goTo(heading) {
  heading.focus({ preventScroll: true });
  heading.closest("section").scrollIntoView({ block: "start", behavior: reduced.matches ? "auto" : "smooth" });
}
