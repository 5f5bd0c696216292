// FrontEnd: one text protocol over a session, as seen by whoever has its lines.
#pragma once

#include <functional>
#include <istream>
#include <string_view>

namespace tandem {

// Takes lines without their end, whole and one at a time; must not call the front-end.
using LineSink = std::function<void(std::string_view line)>;

// One thread calls; the searching thread writes as well.
class FrontEnd {
 public:
  virtual ~FrontEnd() = default;
  // Obeys one line; false after the client's last one.
  virtual bool Handle(std::string_view line) = 0;
  // As the client's own word for it would; see options.h for names.
  virtual void SetOption(std::string_view name, std::string_view value) = 0;
  // No line will come any more: ends a running search with the answer it owes.
  virtual void Close() = 0;
};

// Obeys lines until the client leaves or the input ends.
void RunFrontEnd(FrontEnd& front_end, std::istream& input);

}  // namespace tandem
