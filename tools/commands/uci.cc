// tandem uci: the Universal Chess Interface on stdin and stdout. docs/uci.md is its page.
#include "tools/commands/uci_session.h"

namespace tandem {
namespace {

TANDEM_REGISTER_COMMAND("uci", "a UCI session on stdin and stdout", [](CLI::App& app) { return SetUpProtocol(app, Protocol::kUci); });

}  // namespace
}  // namespace tandem
