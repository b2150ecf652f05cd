import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build/', 'dist/', '.cache/', 'artifacts/'] },
  js.configs.recommended,
  {
    files: ['js/src/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // The glue has one importer, so that the module's life is managed in one place.
      'no-restricted-imports': [
        'error',
        { paths: ['sipreg:core', 'sipreg:wasm', 'sipreg:location'] },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['js/src/load.ts', 'js/src/inlined.ts', 'js/src/external.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: { ...globals.node } },
  },
  {
    files: [
      'demo/**/*.js',
      'tests/browser/**/*.mjs',
      'tests/bench/**/*.mjs',
      'tests/packaging/**/*.mjs',
      'tests/peers/**/*.mjs',
    ],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
  },
  {
    // Emscripten pastes them into its glue, where their names meet those of others.
    files: ['bindings/*.js'],
    languageOptions: { sourceType: 'script' },
    rules: { 'no-redeclare': 'off', 'no-undef': 'off', 'no-unused-vars': 'off' },
  },
  {
    files: ['tests/js/**'],
    languageOptions: { globals: { ...globals.node, ...globals.jest } },
  },
);
