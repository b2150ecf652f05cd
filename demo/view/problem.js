import { element } from './dom.js';

/** What each box shows, so that it is drawn, and read out, once. */
const shown = new WeakMap();

/** Shows what went wrong, as explain() gives it, under a heading of that rank; null takes it away. */
export function drawProblem(box, problem, heading = 'h3') {
  if ((shown.get(box) ?? null) === problem) return;
  shown.set(box, problem);
  box.hidden = problem === null;
  if (problem === null) return box.replaceChildren();
  const { title, advice, causes = [], detail } = problem;
  box.replaceChildren(
    element(heading, {}, title),
    ...advice.map((each) => element('p', {}, each)),
    ...(causes.length > 0
      ? [element('ul', {}, ...causes.map((each) => element('li', {}, each)))]
      : []),
    element(
      'details',
      {},
      element('summary', {}, 'What the library says'),
      element('code', {}, detail),
    ),
  );
}
