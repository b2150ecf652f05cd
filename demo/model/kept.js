const name = 'sipreg-demo';

/**
 * What was typed, kept across a reload of this tab, without passwords: `{server, accounts}`, or null. Where the browser keeps
 * nothing, it is as if the page were new.
 */
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

export function keep({ server, accounts }) {
  const values = accounts.map((account) => ({ ...account.values, password: '' }));
  try {
    sessionStorage.setItem(name, JSON.stringify({ server, accounts: values }));
  } catch {
    // Full, or forbidden.
  }
}
