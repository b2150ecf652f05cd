import JsSIP from 'jssip';

const ua = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface('wss://sip.example.com')],
  uri: 'sip:alice@example.com',
  password: 'wonderland',
});
ua.on('registered', () => console.log('registered'));
ua.on('registrationFailed', ({ cause }) => console.log(cause));
ua.start();
