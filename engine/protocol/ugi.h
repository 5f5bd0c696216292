// The Universal Game Interface (cutegames): UCI with players called first and second instead of white and black, moves in the game's own
// notation, and questions about the rules, so that a referee need not know the game. docs/ugi.md is its page for users.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/protocol/front_end.h"
#include "engine/protocol/uci.h"

namespace tandem {

class Ugi : public FrontEnd {
 public:
  Ugi(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink);

  bool Handle(std::string_view line) override;
  void SetOption(std::string_view name, std::string_view value) override { uci_.SetOption(name, value); }
  void Close() override { uci_.Close(); }
  void WaitUntilIdle() { uci_.WaitUntilIdle(); }

 private:
  // "query gameover", "query p1turn" and "query result" are answered by "response VALUE".
  void Answer(std::span<const std::string_view> question);

  Uci uci_;
};

}  // namespace tandem
