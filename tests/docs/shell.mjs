// Runs shell blocks. `sipreg` is the built command-line tool, the servers that the documents name are an embedded registrar.
import { createTestRegistrar } from '../../dist/testing.js';
import { users } from './accounts.mjs';

const server = /wss:\/\/[\w.-]*example\.com(?:\/[\w/]*)?|ws:\/\/127\.0\.0\.1:5080/g;

/** Runs a script with the registrar in the servers' place; what it printed has the name of the first server again. */
async function runScript(workspace, script) {
  const registrar = createTestRegistrar({ users });
  const { url, close } = await registrar.listen();
  try {
    // A machine that tests may have given the port away.
    const local = script.replace(server, url).replaceAll('--port 5080', '--port 0');
    const output = await workspace.run('bash', ['-euo', 'pipefail', '-c', local]);
    return output.replaceAll(url, script.match(server)?.[0] ?? url);
  } finally {
    await close();
  }
}

export function runShell({ text }, workspace) {
  return runScript(workspace, text);
}

/** The lines of a crontab, one after the other: settings, and commands behind five fields of time. */
export function runCrontab({ text }, workspace) {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const script = lines.map(
    (line) => /^(?:[\d*,/-]+\s+){5}(.*)$/.exec(line)?.[1] ?? `export ${line}`,
  );
  return runScript(workspace, script.join('\n'));
}
