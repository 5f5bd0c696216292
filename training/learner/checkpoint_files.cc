#include "training/learner/checkpoint_files.h"

#include <string>
#include <system_error>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr char kManifest[] = "manifest.json";
constexpr char kPart[] = "training.safetensors";
constexpr int kFormat = 1;

absl::Status FileError(const std::filesystem::path& path, const char* what, const std::error_code& error) {
  return absl::UnknownError(absl::StrCat(path.string(), ": ", what, ": ", error.message()));
}

// What the manifest says of the part.
struct PartFacts {
  std::int64_t step = 0;
  std::int64_t size_bytes = 0;
  std::string sha256;
};

absl::StatusOr<PartFacts> ParseManifest(const std::string& text, const std::string& where) {
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value value, ParseJson(text, where));
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return BadInput(where, ": expected an object");
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t format, JsonInteger(*object, "format"));
  if (format != kFormat) return BadInput(where, ": format ", format, "; expected ", kFormat);
  PartFacts facts;
  TANDEM_ASSIGN_OR_RETURN(facts.step, JsonInteger(*object, "step"));
  if (facts.step < 0) return BadInput(where, ": step ", facts.step, "; expected at least 0");
  const boost::json::value* parts = object->if_contains("parts");
  const boost::json::value* part = parts != nullptr && parts->is_object() ? parts->get_object().if_contains(kPart) : nullptr;
  if (part == nullptr || !part->is_object()) return BadInput(where, ": no part ", kPart);
  TANDEM_ASSIGN_OR_RETURN(facts.size_bytes, JsonInteger(part->get_object(), "bytes"));
  TANDEM_ASSIGN_OR_RETURN(facts.sha256, JsonString(part->get_object(), "sha256"));
  return facts;
}

// Both files, flushed to the disk.
absl::Status WriteParts(const std::filesystem::path& directory, std::int64_t step, const std::string& bytes) {
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory));
  const boost::json::object part = {{"bytes", bytes.size()}, {"sha256", Sha256Hex(bytes)}};
  boost::json::object parts;
  parts[kPart] = part;
  const boost::json::object manifest = {{"format", kFormat}, {"step", step}, {"parts", parts}};
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(directory / kPart, bytes));
  return WriteFileAtomic(directory / kManifest, JsonPage(manifest));
}

}  // namespace

absl::Status WriteLearnerState(const std::filesystem::path& directory, std::int64_t step, const Weights& weights) {
  const std::filesystem::path temporary = directory.string() + ".tmp";
  const std::filesystem::path previous = directory.string() + ".old";
  std::error_code error;
  std::filesystem::remove_all(temporary, error);
  const absl::Status written = WriteParts(temporary, step, SerializeWeights(weights));
  if (!written.ok()) {  // half a checkpoint would only keep the space that the next attempt needs
    std::filesystem::remove_all(temporary, error);
    return written;
  }
  std::filesystem::remove_all(previous, error);
  if (std::filesystem::exists(directory, error)) {
    std::filesystem::rename(directory, previous, error);
    if (error) return FileError(directory, "cannot be replaced", error);
  }
  std::filesystem::rename(temporary, directory, error);
  if (error) return FileError(directory, "cannot be put in place", error);
  std::filesystem::remove_all(previous, error);
  return absl::OkStatus();
}

absl::StatusOr<LearnerState> ReadLearnerState(const std::filesystem::path& directory) {
  TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadFile(directory / kManifest, /*max_bytes=*/1 << 20));
  const absl::StatusOr<PartFacts> facts = ParseManifest(text, (directory / kManifest).string());
  if (!facts.ok()) return absl::DataLossError(facts.status().message());
  const std::filesystem::path path = directory / kPart;
  TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  if (static_cast<std::int64_t>(bytes.size()) != facts->size_bytes || Sha256Hex(bytes) != facts->sha256) {
    return Corrupt(path.string(), ": ", bytes.size(), " bytes do not have the manifest's size ", facts->size_bytes, " and sha256 ",
                   facts->sha256);
  }
  LearnerState state;
  state.step = facts->step;
  absl::StatusOr<Weights> weights = ParseWeights(bytes);
  if (!weights.ok()) return Annotate(weights.status(), path.string());
  state.weights = *std::move(weights);
  return state;
}

}  // namespace tandem
