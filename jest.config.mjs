/** Jest runs against dist/; nothing is transformed. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests/js'],
  testMatch: ['**/*.test.{mjs,cjs,js}'],
  moduleFileExtensions: ['mjs', 'cjs', 'js', 'json', 'node'],
  transform: {},
};
