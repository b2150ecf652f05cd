// Who may register at the servers of example.com that the documents speak of.
export const users = { alice: 'secret', bob: 'secret', gate: 'secret' };
