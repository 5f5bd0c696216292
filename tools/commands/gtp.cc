// tandem gtp: the Go Text Protocol on stdin and stdout. docs/gtp.md is its page.
#include "tools/commands/uci_session.h"

namespace tandem {
namespace {

TANDEM_REGISTER_COMMAND("gtp", "a GTP session on stdin and stdout", [](CLI::App& app) { return SetUpProtocol(app, Protocol::kGtp); });

}  // namespace
}  // namespace tandem
