import { createClient } from '/sipreg/index.js';

onmessage = async ({ data: { server, aor, password } }) => {
  try {
    const client = await createClient({ server });
    const registration = await client.register({ aor, credentials: { password }, expires: 300 });
    postMessage(`${registration.state} for ${registration.info.expires} s`);
  } catch (error) {
    postMessage(String(error));
  }
};
