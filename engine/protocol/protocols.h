// The protocols that there are, and how to tell by its first line which one a client speaks.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/protocol/brain.h"
#include "engine/protocol/front_end.h"

namespace tandem {

enum class Protocol { kUci, kUgi, kGtp };

// What a client speaks that begins with this line: UCI and UGI name themselves, a GTP client begins with one of GTP's commands, perhaps
// behind a number. nullopt when the line does not tell.
std::optional<Protocol> ProtocolOfLine(std::string_view line);

std::unique_ptr<FrontEnd> NewFrontEnd(Protocol protocol, const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink);

}  // namespace tandem
