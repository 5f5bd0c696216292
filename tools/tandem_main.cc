// The `tandem` binary. Its commands register themselves: see tools/commands/command.h.
#include "tools/commands/command.h"

int main(int argc, char** argv) { return tandem::RunCommandLine(argc, argv); }
