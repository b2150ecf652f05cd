import { byId, setText } from './dom.js';

const jumpWords = { 60000: '1 minute', 600000: '10 minutes', 3600000: '1 hour' };

const radios = (name) => [...document.querySelectorAll(`[name=${name}]`)];

/** Lets the person break things: what is pressed goes to the phone and the clock. */
export function watchFaults(phone, clock) {
  for (const radio of radios('condition')) {
    radio.addEventListener('change', () => (phone.condition = radio.value));
  }
  for (const radio of radios('speed')) {
    radio.addEventListener('change', () => (clock.speed = Number(radio.value)));
  }
  byId('cut').addEventListener('click', () => phone.cut());
  byId('restart').addEventListener('click', () => phone.restartRegistrar());
  byId('nonces').addEventListener('click', () => phone.expireNonces());
  for (const button of document.querySelectorAll('[data-jump]')) {
    const { jump } = button.dataset;
    button.addEventListener('click', () => phone.jump(Number(jump), jumpWords[jump]));
  }
}

/** Shows what is set; what only the registrar in the page can do is enabled for that alone. */
export function drawFaults({ server, condition, connectionState }, speed) {
  for (const control of document.querySelectorAll('[data-page]')) {
    control.disabled = server !== null;
  }
  for (const radio of radios('condition')) radio.checked = radio.value === condition;
  for (const radio of radios('speed')) radio.checked = Number(radio.value) === speed;
  byId('cut').disabled = connectionState !== 'connected';
  setText(
    byId('faults-note'),
    server === null ? '' : 'A real server can only be cut off, and its time cannot be changed.',
  );
}
