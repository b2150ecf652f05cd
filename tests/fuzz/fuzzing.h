// Lets a fuzz target use GoogleTest's assertions: the first that fails ends the
// process, and libFuzzer keeps the input that did it.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace sipreg::fuzzing {

class AbortOnFailure : public ::testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "%s:%d: %s\n", result.file_name(),
                 result.line_number(), result.message());
    std::abort();
  }
};

}  // namespace sipreg::fuzzing

// Called once by libFuzzer, before the first input.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  int count = 1;
  char name[] = "fuzz";
  char* arguments[] = {name, nullptr};
  ::testing::InitGoogleTest(&count, arguments);
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new sipreg::fuzzing::AbortOnFailure);
  return 0;
}
