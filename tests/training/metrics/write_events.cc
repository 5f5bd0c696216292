// Writes the two event files that read_events.py expects into the directory of the first argument: a session of steps 0..4 and a later one
// that began again at step 3.

#include <cstdio>
#include <vector>

#include "absl/time/time.h"
#include "training/metrics/tensorboard.h"

namespace {

absl::Status WriteSession(const char* directory, absl::Time begin, int first_step, int last_step, double scale) {
  auto file = tandem::EventFile::Create(directory, begin, first_step);
  if (!file.ok()) return file.status();
  for (int step = first_step; step <= last_step; ++step) {
    const std::vector<tandem::Metric> metrics = {{"learner/loss", scale * step}, {"selfplay/moves_per_second", 100.0 + step}};
    if (auto status = (*file)->Write(begin + absl::Seconds(step), step, metrics); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const absl::Time begin = absl::FromUnixSeconds(1700000000);
  for (const absl::Status& status :
       {WriteSession(argv[1], begin, 0, 4, 1.0), WriteSession(argv[1], begin + absl::Seconds(100), 3, 5, 10.0)}) {
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    if (!status.ok()) return 1;
  }
  return 0;
}
