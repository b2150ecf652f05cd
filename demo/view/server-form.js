import { byId } from './dom.js';
import { clearFieldErrors, prepareFields, showFieldError } from './fields.js';

const form = byId('server-form');
const field = byId('server');
const place = (value) => form.querySelector(`[name=place][value=${value}]`);

prepareFields([field]);

/**
 * Lets the person choose where the accounts register.
 *
 * @param {(server: string | null) => Promise<void>} onUse null is the registrar in the page; what it rejects with is shown at the field
 */
export function watchServer(onUse) {
  const use = async (server) => {
    clearFieldErrors([field]);
    byId('use-server').disabled = true;
    try {
      await onUse(server);
    } catch (error) {
      showFieldError(field, error);
    } finally {
      byId('use-server').disabled = false;
    }
  };
  form.addEventListener('change', ({ target }) => {
    if (target.name !== 'place') return;
    byId('url-field').hidden = target.value === 'page';
    if (target.value === 'page') use(null);
    else field.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (place('server').checked) use(field.value.trim());
  });
}

/** Shows the server in use; `suggestion` stands in the field while that is the registrar in the page. */
export function fillServer(server, suggestion) {
  place(server === null ? 'page' : 'server').checked = true;
  byId('url-field').hidden = server === null;
  field.value = server ?? suggestion;
}
