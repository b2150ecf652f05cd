// Every way in which one bit of an answer can be wrong, or its end be missing: a client for each.
import { challenged, guarded } from '../acceptance/digest.mjs';
import {
  checkInvariants,
  granted,
  makeRegistration,
  settle,
  watch,
} from '../acceptance/harness.mjs';

checkInvariants({ afterEach, expect });

/** Without a realm they would be pinned to the one that challenges first, damaged as it may be. */
const credentials = { password: 'secret', realm: 'example.com' };

const answers = {
  401: (request) => challenged(request, { nonce: 'n1', algorithm: 'SHA-256', qop: 'auth' }),
  200: (request) =>
    granted(request, {
      headers: [
        ['Service-Route', '<sip:p.x;lr>'],
        ['Require', 'outbound'],
      ],
    }),
};

/** What is wrong with a life whose first answer is damaged there; `bit` 8 cuts it. */
async function live(answer, at, bit) {
  const world = await makeRegistration({ credentials }, { handler: () => undefined, seed: 1 });
  const { registration, network, clock, client } = world;
  const done = watch(registration.register());
  await settle();
  const right = new TextEncoder().encode(answer(network.last));
  const damaged = bit < 8 ? right.slice() : right.slice(0, at);
  if (bit < 8) damaged[at] ^= 1 << bit;
  network.socket.receive(damaged);
  await settle();
  network.handler = guarded(granted);
  if (done.state === 'pending') await clock.advance(32_000);
  const again = watch(registration.register());
  await settle();
  const outcome = [done.state !== 'pending', again.state, registration.state];
  await client.close();
  return { outcome: outcome.join(' '), length: right.length };
}

test.each(Object.keys(answers))(
  'PAR-09 fault 69 a %s with each bit of each octet flipped, and cut at each place: it settles, and registers again',
  async (status) => {
    const wrong = [];
    for (let at = 0, length = 1; at < length; at += 1) {
      for (let bit = 0; bit <= 8; bit += 1) {
        const life = await live(answers[status], at, bit);
        ({ length } = life);
        if (life.outcome !== 'true fulfilled registered')
          wrong.push(`octet ${at}, bit ${bit}: ${life.outcome}`);
      }
    }
    expect(wrong).toEqual([]);
  },
  60_000,
);
