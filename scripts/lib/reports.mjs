// Reads what each test runner itself reports. Every function gives { passed, failed, skipped }, or throws when the
// report does not have the expected form.

function whole(value) {
  if (!Number.isInteger(value) || value < 0) throw new Error('the report has no count');
  return value;
}

/** node:test, TAP: the summary stands in comment lines at the end. */
export function fromTap(text) {
  const count = (name) =>
    whole(Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? NaN));
  return {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skipped: count('skipped') + count('todo'),
  };
}

/** GoogleTest, --gtest_output=json. */
export function fromGoogleTest(text) {
  const report = JSON.parse(text);
  const results = report.testsuites.flatMap(({ testsuite }) => testsuite);
  const skipped = results.filter(
    ({ result, status }) => result === 'SKIPPED' || status === 'NOTRUN',
  ).length;
  const failed = results.filter(({ failures }) => failures !== undefined).length;
  return { passed: whole(results.length - failed - skipped), failed, skipped };
}

/** Jest, --json --outputFile. A file that cannot be loaded fails as one. */
export function fromJest(text) {
  const report = JSON.parse(text);
  return {
    passed: whole(report.numPassedTests),
    failed: whole(report.numFailedTests) + whole(report.numRuntimeErrorTestSuites),
    skipped: whole(report.numPendingTests) + whole(report.numTodoTests),
  };
}

/** Playwright's JSON reporter. `errors` are those outside any test, such as a file that cannot be loaded. */
export function fromPlaywright(text) {
  const { stats, errors } = JSON.parse(text);
  return {
    passed: whole(stats.expected) + whole(stats.flaky),
    failed: whole(stats.unexpected) + errors.length,
    skipped: whole(stats.skipped),
  };
}
