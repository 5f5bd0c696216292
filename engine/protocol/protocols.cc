#include "engine/protocol/protocols.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine/protocol/gtp.h"
#include "engine/protocol/uci.h"
#include "engine/protocol/uci_parser.h"
#include "engine/protocol/ugi.h"

namespace tandem {

std::optional<Protocol> ProtocolOfLine(std::string_view line) {
  const std::vector<std::string_view> words = SplitWords(line);
  if (words.empty()) return std::nullopt;
  if (words[0] == "uci") return Protocol::kUci;
  if (words[0] == "ugi") return Protocol::kUgi;
  std::int64_t id = 0;
  const bool numbered = absl::SimpleAtoi(absl::string_view(words[0].data(), words[0].size()), &id);
  if (numbered && words.size() == 1) return std::nullopt;
  const std::string_view command = words[numbered ? 1 : 0];
  // Words that both know say nothing.
  if (command == "quit" || command == "stop") return numbered ? std::optional(Protocol::kGtp) : std::nullopt;
  if (IsGtpCommand(command)) return Protocol::kGtp;
  return std::nullopt;
}

std::unique_ptr<FrontEnd> NewFrontEnd(Protocol protocol, const Game& game, std::unique_ptr<Brain> brain, const Clock& clock,
                                      LineSink sink) {
  switch (protocol) {
    case Protocol::kUgi:
      return std::make_unique<Ugi>(game, std::move(brain), clock, std::move(sink));
    case Protocol::kGtp:
      return std::make_unique<Gtp>(game, std::move(brain), clock, std::move(sink));
    case Protocol::kUci:
      break;
  }
  return std::make_unique<Uci>(game, std::move(brain), clock, std::move(sink));
}

}  // namespace tandem
