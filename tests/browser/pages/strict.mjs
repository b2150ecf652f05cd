import { createClient } from '/sipreg/index.js';

const output = document.querySelector('output');
try {
  await createClient({ server: 'wss://sip.example.com' });
  output.textContent = 'resolved';
} catch (error) {
  output.textContent = `${error.name} ${error.code}: ${error.message}`;
}
