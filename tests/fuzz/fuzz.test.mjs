// Every fuzz target for a minute, two at a time. A failing input stays in artifacts/fuzz.
import { suite, test } from 'node:test';
import { fuzz } from './fuzzer.mjs';

const SECONDS = 60;

async function run(target) {
  console.log(`  ${target}: ${SECONDS} s from now on`);
  console.log(`  ${await fuzz(target, SECONDS)}`);
}

suite('libFuzzer with the sanitizers', { concurrency: 2 }, () => {
  test('PAR-19 REG-19 messages, and REGISTERs made of their parts', () => run('parser'));
  test('DIG-20 DIG-25 DIG-26 challenges, answers and Authentication-Info', () => run('challenge'));
  test('PAR-01 PAR-02 PAR-15 messages that libosip2 reads as well', () => run('differential'));
  test('INV-03 INV-07 SEC-05 lives of an agent', () => run('agent'));
});
