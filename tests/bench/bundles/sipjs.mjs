import { Registerer, UserAgent } from 'sip.js';

const userAgent = new UserAgent({
  uri: UserAgent.makeURI('sip:alice@example.com'),
  transportOptions: { server: 'wss://sip.example.com' },
  authorizationUsername: 'alice',
  authorizationPassword: 'wonderland',
});
await userAgent.start();
await new Registerer(userAgent).register({
  requestDelegate: {
    onAccept: () => console.log('registered'),
    onReject: ({ message }) => console.log(message.statusCode),
  },
});
