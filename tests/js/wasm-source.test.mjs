// Where the WebAssembly comes from: the file or the copy that each entry brings along, and option wasm.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as external from '../../dist/external.js';
import * as inline from '../../dist/index.js';
import { createTestRegistrar } from '../../dist/testing.js';
import { alice } from './world.mjs';

const file = new URL('../../dist/sipreg.wasm', import.meta.url);
const bytes = readFileSync(file);
const wasmType = { 'Content-Type': 'application/wasm' };
const html = '<!doctype html><title>Not the file</title>';

/** Serves `answer(request, response)` while `use(url)` runs. */
async function serving(answer, use) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/sipreg.wasm`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The WebAssembly under another version: the last bytes are this one's. */
function ofVersion(version) {
  const end = bytes.lastIndexOf('sipreg');
  const content = Buffer.concat([bytes.subarray(end - 1, end + 6), Buffer.from(version)]);
  return Buffer.concat([bytes.subarray(0, end - 2), Buffer.from([content.length]), content]);
}

test('both entries are the same API', () => {
  expect(Object.keys(external).sort()).toEqual(Object.keys(inline).sort());
});

describe.each([
  ['sipreg', inline.createClient],
  ['sipreg/external', external.createClient],
])('%s', (_, createClient) => {
  const open = (wasm) => {
    const { webSocket } = createTestRegistrar();
    return createClient({ server: 'wss://edge.example.com/ws', webSocket, storage: null, wasm });
  };
  const refused = async (wasm, message) => {
    const error = await open(wasm).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'RegistrationError', code: 'unsupported' });
    expect(error.message).toMatch(message);
    return error;
  };

  const sources = {
    nothing: () => undefined,
    'a Uint8Array': () => new Uint8Array(bytes),
    'a view of a part': () => new Uint8Array([1, 2, ...bytes, 3]).subarray(2, -1),
    'a Buffer': () => bytes,
    'an ArrayBuffer': () => new Uint8Array(bytes).buffer,
    'a WebAssembly.Module': () => WebAssembly.compile(bytes),
    'a Response': () => new Response(bytes, { headers: wasmType }),
    'a Response without a type': () => new Response(bytes),
    'a Blob': () => new Blob([bytes]),
    'a file: URL': () => file,
    'a file: URL as a string': () => file.href,
    'a data: URL': () => `data:application/wasm;base64,${bytes.toString('base64')}`,
  };
  test.each(Object.keys(sources))('takes %s', async (name) => {
    const source = await sources[name]();
    const [first, second] = await Promise.all([open(source), open(source)]);
    const registration = await first.register(alice);
    expect(registration.state).toBe('registered');
    await first.close();
    await second.register(alice);
    await second.close();
  });

  test('takes a promise of one of these', async () => {
    const client = await open(Promise.resolve(new Response(bytes)));
    expect((await client.register(alice)).state).toBe('registered');
    await client.close();
    const cause = new Error('offline');
    const failing = Promise.reject(cause);
    expect((await refused(failing, /could not be read/)).cause).toBe(cause);
  });

  test('fetches an address once, of whatever type', async () => {
    for (const type of ['application/wasm', 'application/octet-stream', 'text/plain']) {
      let fetched = 0;
      const answer = (_request, response) => {
        fetched++;
        response.writeHead(200, { 'Content-Type': type }).end(bytes);
      };
      await serving(answer, async (url) => {
        for (const source of [url, new URL(url)]) {
          const client = await open(source);
          expect((await client.register(alice)).state).toBe('registered');
          await client.close();
        }
      });
      expect(fetched).toBe(1);
    }
  });

  test('says what an address gives instead, and asks again the next time', async () => {
    let answers;
    const answer = (_request, response) => {
      const { status = 200, headers = {}, body, cut = false } = answers.shift();
      response.writeHead(status, headers);
      if (cut) response.write(body, () => response.destroy());
      else response.end(body);
    };
    await serving(answer, async (url) => {
      answers = [
        { status: 404, body: 'not found' },
        { headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: html },
        { headers: wasmType, body: html },
        { headers: wasmType, body: bytes.subarray(0, 1000), cut: true },
        { body: bytes },
      ];
      await refused(url, /sipreg\.wasm gave HTTP status 404; check where/);
      await refused(url, /sipreg\.wasm \(text\/html; charset=utf-8\) is not WebAssembly.*a page/);
      await refused(url, /is not (sipreg\.wasm|WebAssembly)/);
      await refused(url, /could not be read to its end/);
      await (await open(url)).close();
    });
  });

  test('keeps what may be secret in an address out of the message', async () => {
    const error = await refused(
      'http://127.0.0.1:1/sipreg.wasm?token=secret#secret',
      /could not be/,
    );
    expect(error.message).toContain('http://127.0.0.1:1/sipreg.wasm ');
    expect(error.message).not.toContain('secret');
  });

  test('says which file is not there', async () => {
    const error = await refused(new URL('./none.wasm', file), /none\.wasm could not be read/);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  test('refuses what is no WebAssembly, another one, or one of another version', async () => {
    await refused(new Uint8Array([1, 2, 3]), /option wasm gives is not WebAssembly/);
    await refused(new ArrayBuffer(0), /option wasm gives is not WebAssembly/);
    const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    await refused(empty, /not sipreg\.wasm of version \d/);
    await refused(ofVersion('0.0.0'), /not sipreg\.wasm of version \d/);
  });
});
