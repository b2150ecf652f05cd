/** The page by id; a missing element is a mistake in index.html. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * Makes an element. Children that are not nodes become text, never markup: much of what the page
 * shows was written by a server.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false)
      made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** Sets the text only when it changed, so that screen readers and selections are left alone. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** True when a scroll box shows its end; the newest line is then kept in view. */
export function followsEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 24;
}
