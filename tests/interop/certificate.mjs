import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A self-signed certificate for 127.0.0.1, valid for a day: { certificate, key } (paths), pem, remove(). */
export async function createCertificate() {
  const directory = await mkdtemp(join(tmpdir(), 'sipreg-certificate-'));
  const certificate = join(directory, 'certificate.pem');
  const key = join(directory, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '1', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ]);
  return {
    certificate,
    key,
    pem: await readFile(certificate, 'utf8'),
    remove: () => rm(directory, { recursive: true }),
  };
}
