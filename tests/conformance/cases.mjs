// Reads the cases of this folder; README.md has the format.
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./', import.meta.url);

/** One line of a `sip` block as it goes over the wire. */
function decodeLine(line) {
  const continued = line.endsWith('\\');
  const text = (continued ? line.slice(0, -1) : line).replace(
    /\\(?:x([\da-fA-F]{2})|([rn]))/g,
    (_, hex, letter) =>
      letter ? { r: '\r', n: '\n' }[letter] : `\0${String.fromCharCode(parseInt(hex, 16))}`,
  );
  // Octets that were written in hexadecimal stand behind a NUL until now: they are no UTF-8.
  const parts = text.split(/\0([^])/);
  const octets = parts.map((part, i) => Buffer.from(part, i % 2 ? 'latin1' : 'utf8'));
  return Buffer.concat(continued ? octets : [...octets, Buffer.from('\r\n')]);
}

function readFile(file) {
  const cases = [];
  let block = '';
  for (const line of readFileSync(new URL(file, folder), 'utf8').split('\n')) {
    if (block === '' && line.startsWith('## ')) {
      cases.push([`${file}: ${line.slice(3)}`, [], '']);
    } else if (cases.length > 0) {
      const current = cases.at(-1);
      if (block === '' && (line === '```sip' || line === '```expect')) block = line.slice(3);
      else if (line === '```') block = '';
      else if (block === 'sip') current[1].push(decodeLine(line));
      else if (block === 'expect') current[2] += `${line}\n`;
    }
  }
  return cases.map(([name, lines, expected]) => [name, Buffer.concat(lines), expected]);
}

/** [name, octets of the message, what the codec makes of it] of every case. */
export const readCases = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .flatMap(readFile);
