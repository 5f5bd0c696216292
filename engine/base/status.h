// Shorthand around absl::Status: two macros that pass an error on, and a word for "bad input of the user" (exit code 2 of the binary).
// A message says what, with which value, what was expected, and where.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace tandem {

// kInvalidArgument with the pieces of the message concatenated.
template <typename... Pieces>
absl::Status BadInput(const Pieces&... pieces) {
  return absl::InvalidArgumentError(absl::StrCat(pieces...));
}

// kDataLoss: a file or frame that is corrupt.
template <typename... Pieces>
absl::Status Corrupt(const Pieces&... pieces) {
  return absl::DataLossError(absl::StrCat(pieces...));
}

// The same error with "context: " before its message.
inline absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(absl::string_view(context.data(), context.size()), ": ", status.message()));
}

}  // namespace tandem

#define TANDEM_RETURN_IF_ERROR(expression)                \
  do {                                                    \
    absl::Status tandem_status_ = (expression);           \
    if (!tandem_status_.ok()) return tandem_status_;      \
  } while (false)

#define TANDEM_CONCAT_INNER_(a, b) a##b
#define TANDEM_CONCAT_(a, b) TANDEM_CONCAT_INNER_(a, b)
// TANDEM_ASSIGN_OR_RETURN(auto value, MakeValue());
#define TANDEM_ASSIGN_OR_RETURN(declaration, expression) \
  TANDEM_ASSIGN_OR_RETURN_IMPL_(TANDEM_CONCAT_(tandem_or_, __LINE__), declaration, expression)
#define TANDEM_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                          \
  if (!result.ok()) return std::move(result).status();                 \
  declaration = std::move(result).value()
