// tandem ugi: the Universal Game Interface on stdin and stdout. docs/ugi.md is its page.
#include "tools/commands/uci_session.h"

namespace tandem {
namespace {

TANDEM_REGISTER_COMMAND("ugi", "a UGI session on stdin and stdout", [](CLI::App& app) { return SetUpProtocol(app, Protocol::kUgi); });

}  // namespace
}  // namespace tandem
