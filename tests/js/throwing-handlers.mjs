// Run by channel.test.mjs: handlers and listeners that throw. Prints what came of it.
import { accept, createWorld, header, turn } from './world.mjs';

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));

const world = await createWorld();
const registration = await world.registered();
const failing = registration.openChannel();
for (const name of ['onmessage', 'onopen', 'onclose']) {
  failing[name] = () => {
    throw new Error(name);
  };
}
const heard = [];
world.client.addEventListener('request', () => {
  throw new Error('request');
});
world.client.addEventListener('request', ({ detail }) => heard.push(detail.method));
const other = registration.openChannel();
other.onopen = () => heard.push('open');
other.onclose = () => heard.push('close');

const { viaHost } = failing;
const rows = `Via: SIP/2.0/WSS ${viaHost};branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n`;
failing.send(`MESSAGE sip:c@d SIP/2.0\r\n${rows}CSeq: 1 MESSAGE\r\n\r\n`);
world.socket.receive(`SIP/2.0 202 Accepted\r\n${rows}CSeq: 1 MESSAGE\r\n\r\n`);
world.socket.receive(`MESSAGE sip:nobody@d SIP/2.0\r\n${rows}CSeq: 1 MESSAGE\r\n\r\n`);
const answer = world.socket.last;
world.socket.finish(1006);
await world.clock.advance(5_000);
world.socket.open();
world.socket.receive(accept(world.socket.last));
await turn();
console.log(
  JSON.stringify({
    uncaught: uncaught.sort(),
    heard,
    answer: [answer.slice(0, 11), header(answer, 'CSeq')],
    state: registration.state,
  }),
);
await world.client.close();
