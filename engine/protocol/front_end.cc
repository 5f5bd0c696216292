#include "engine/protocol/front_end.h"

#include <string>

namespace tandem {

void RunFrontEnd(FrontEnd& front_end, std::istream& input) {
  std::string line;
  while (std::getline(input, line)) {
    if (!front_end.Handle(line)) return;
  }
  front_end.Close();
}

}  // namespace tandem
