/** Jest runs against dist/; nothing is transformed. */
const common = {
  testEnvironment: 'node',
  moduleFileExtensions: ['mjs', 'cjs', 'js', 'json', 'node'],
  transform: {},
};

export default {
  testTimeout: 30_000, // nothing waits by the clock; a busy machine takes its time over thirty days of a fake one
  projects: [
    {
      ...common,
      displayName: 'here',
      roots: ['<rootDir>/tests/js'],
      testMatch: ['**/*.test.{mjs,cjs,js}'],
    },
    {
      ...common,
      // The same acceptance tests, with the client's core on the other side of a worker's port.
      displayName: 'worker',
      globals: { place: 'worker' },
      roots: ['<rootDir>/tests/js/acceptance'],
      testMatch: ['**/*.test.mjs'],
      testPathIgnorePatterns: ['registrar.test.mjs'], // of sipreg/testing, with clients of its own
    },
  ],
};
