// What `tandem uci`, `tandem ugi` and `tandem gtp` share: their command line, and a session on stdin and stdout. The client's first line
// may choose another protocol than the subcommand: engine lists of GUIs often know one command only.
#pragma once

#include "engine/protocol/protocols.h"
#include "tools/commands/command.h"

namespace tandem {

// Adds the options to `app`; the action runs the session to its end.
CommandAction SetUpProtocol(CLI::App& app, Protocol protocol);

}  // namespace tandem
