// Status shorthand and the check macro.

#include "engine/base/status.h"

#include <gtest/gtest.h>

#include <memory>

#include "engine/base/check.h"

namespace tandem {
namespace {

absl::StatusOr<std::unique_ptr<int>> Make(bool ok) {
  if (!ok) return BadInput("depth is ", 7, ", expected ", "at most 6");
  return std::make_unique<int>(3);
}

absl::StatusOr<int> Twice(bool first, bool second) {
  TANDEM_ASSIGN_OR_RETURN(const auto a, Make(first));
  TANDEM_ASSIGN_OR_RETURN(const auto b, Make(second));
  TANDEM_RETURN_IF_ERROR(absl::OkStatus());
  return *a + *b;
}

TEST(StatusTest, PassesValuesThroughAndErrorsOn) {
  EXPECT_EQ(Twice(true, true).value(), 6);
  EXPECT_EQ(Twice(true, false).status().message(), "depth is 7, expected at most 6");
  EXPECT_TRUE(absl::IsInvalidArgument(Twice(false, true).status()));
}

TEST(StatusTest, AnnotationKeepsTheCodeAndPutsTheContextFirst) {
  const absl::Status status = Annotate(Corrupt("bad magic"), "a.chunk");
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_EQ(status.message(), "a.chunk: bad magic");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "a.chunk").ok());
}

TEST(CheckDeathTest, ABrokenInvariantEndsTheProgramWithItsCondition) {
  TANDEM_CHECK(1 + 1 == 2);
  EXPECT_DEATH(TANDEM_CHECK(1 + 1 == 3), "status_test.cc:[0-9]+: broken invariant: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace tandem
