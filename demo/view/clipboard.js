import { announce } from './dom.js';

/** Copies text; what the browser says against it is told in place of the button's words. */
export async function copyFrom(button, text) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    announce('Copied');
  } catch {
    // No permission, or a page that is not served over https.
    button.textContent = 'Not allowed';
    announce('The browser does not let this page copy.');
  }
  setTimeout(() => (button.textContent = words), 1500);
}

/** Gives text to the browser as a file. */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
