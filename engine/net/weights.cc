// Reader and writer of safetensors files. The reader trusts nothing: the header's length is bounded before anything is allocated, every
// tensor must lie inside the data, and the tensors must tile the data without gap or overlap, as the format demands.
#include "engine/net/weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data are little-endian and copied as they are");

constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{16} << 20;  // a tower of 80 blocks needs about 100 kB
constexpr std::size_t kMaxDimensions = 8;
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kIdDigits = 32;

enum class DataType { kFloat32, kFloat16, kBFloat16 };

std::size_t ElementBytes(DataType type) { return type == DataType::kFloat32 ? 4 : 2; }

std::optional<DataType> ParseDataType(std::string_view name) {
  if (name == "F32") return DataType::kFloat32;
  if (name == "F16") return DataType::kFloat16;
  if (name == "BF16") return DataType::kBFloat16;
  return std::nullopt;
}

// One tensor as the header describes it: bytes begin..end of the data.
struct Entry {
  std::string name;
  DataType type = DataType::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t num_elements = 1;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// IEEE 754 half precision to single.
float HalfToFloat(std::uint16_t half) {
  const float sign = (half & 0x8000) != 0 ? -1.0f : 1.0f;
  const int exponent = (half >> 10) & 0x1f;
  const int fraction = half & 0x3ff;
  if (exponent == 0x1f) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
}

// A JSON number that is a non-negative integer.
std::optional<std::uint64_t> ToUnsigned(const boost::json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

absl::Status ParseShape(const boost::json::value& value, std::uint64_t data_bytes, Entry& entry) {
  const boost::json::array* shape = value.if_array();
  if (shape == nullptr || shape->size() > kMaxDimensions) {
    return Corrupt("weights: tensor ", entry.name, ": expected a shape of at most ", kMaxDimensions, " dimensions");
  }
  for (const boost::json::value& dimension : *shape) {
    const std::optional<std::uint64_t> n = ToUnsigned(dimension);
    // No tensor has more elements than the file has bytes, which also keeps the product from overflowing.
    if (!n || *n > data_bytes || (*n > 0 && entry.num_elements > data_bytes / *n)) {
      return Corrupt("weights: tensor ", entry.name, ": shape does not fit in the file's ", data_bytes, " data bytes");
    }
    entry.num_elements *= *n;
    entry.shape.push_back(static_cast<std::int64_t>(*n));
  }
  return absl::OkStatus();
}

absl::StatusOr<Entry> ParseEntry(std::string name, const boost::json::value& value, std::uint64_t data_bytes) {
  Entry entry;
  entry.name = std::move(name);
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return Corrupt("weights: tensor ", entry.name, ": expected an object");
  const boost::json::value* type = object->if_contains("dtype");
  const boost::json::value* shape = object->if_contains("shape");
  const boost::json::value* offsets = object->if_contains("data_offsets");
  if (type == nullptr || shape == nullptr || offsets == nullptr || object->size() != 3) {
    return Corrupt("weights: tensor ", entry.name, ": expected exactly dtype, shape and data_offsets");
  }
  const std::optional<DataType> data_type =
      type->is_string() ? ParseDataType(std::string_view(type->get_string().data(), type->get_string().size())) : std::nullopt;
  if (!data_type) return Corrupt("weights: tensor ", entry.name, ": dtype ", JsonText(*type), "; expected F32, F16 or BF16");
  entry.type = *data_type;
  TANDEM_RETURN_IF_ERROR(ParseShape(*shape, data_bytes, entry));
  const boost::json::array* range = offsets->if_array();
  if (range == nullptr || range->size() != 2) return Corrupt("weights: tensor ", entry.name, ": expected data_offsets [begin, end]");
  const std::optional<std::uint64_t> begin = ToUnsigned((*range)[0]);
  const std::optional<std::uint64_t> end = ToUnsigned((*range)[1]);
  if (!begin || !end || *begin > *end || *end > data_bytes) {
    return Corrupt("weights: tensor ", entry.name, ": data_offsets ", JsonText(*offsets), " outside the file's ", data_bytes,
                   " data bytes");
  }
  entry.begin = *begin;
  entry.end = *end;
  if (entry.end - entry.begin != entry.num_elements * ElementBytes(entry.type)) {
    return Corrupt("weights: tensor ", entry.name, " has ", entry.end - entry.begin, " bytes; expected ",
                   entry.num_elements * ElementBytes(entry.type));
  }
  return entry;
}

absl::Status ReadTensor(const Entry& entry, const char* data, Tensor& tensor) {
  const char* from = data + entry.begin;
  tensor.shape = entry.shape;
  tensor.data.resize(entry.num_elements);
  if (entry.type == DataType::kFloat32) {
    if (entry.num_elements > 0) std::memcpy(tensor.data.data(), from, entry.num_elements * sizeof(float));
  } else {
    for (std::uint64_t i = 0; i < entry.num_elements; ++i) {
      std::uint16_t bits;
      std::memcpy(&bits, from + 2 * i, 2);
      tensor.data[i] = entry.type == DataType::kFloat16 ? HalfToFloat(bits) : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
    }
  }
  for (std::uint64_t i = 0; i < entry.num_elements; ++i) {
    if (!std::isfinite(tensor.data[i])) return Corrupt("weights: tensor ", entry.name, " element ", i, " is not finite");
  }
  return absl::OkStatus();
}

absl::Status ParseMetadata(const boost::json::value& value, std::map<std::string, std::string>& metadata) {
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return Corrupt("weights: __metadata__ is no object");
  for (const auto& [key, text] : *object) {
    const std::string name(key.data(), key.size());
    if (!text.is_string()) return Corrupt("weights: metadata ", name, " is no string");
    metadata[name] = std::string(text.get_string().data(), text.get_string().size());
  }
  return absl::OkStatus();
}

// The tensors must tile the data: sorted by offset, each begins where the one before ends.
absl::Status CheckTiling(std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name); });
  std::uint64_t next = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != next) {
      return Corrupt("weights: tensor ", entry.name, " begins at data byte ", entry.begin, "; expected ", next,
                     entry.begin < next ? " (overlap)" : " (gap)");
    }
    next = entry.end;
  }
  if (next != data_bytes) return Corrupt("weights: ", data_bytes - next, " bytes after the last tensor");
  return absl::OkStatus();
}

bool IsId(std::string_view text) {
  return text.size() == kIdDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string SerializeWeights(const Weights& weights) {
  boost::json::object header;
  boost::json::object metadata;
  for (const auto& [key, text] : weights.metadata) metadata[key] = text;
  header["__metadata__"] = std::move(metadata);
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : weights.tensors) {
    const std::uint64_t end = offset + tensor.data.size() * sizeof(float);
    boost::json::object entry;
    entry["dtype"] = "F32";
    entry["shape"] = boost::json::array(tensor.shape.begin(), tensor.shape.end());
    entry["data_offsets"] = {offset, end};
    header[name] = std::move(entry);
    offset = end;
  }
  std::string text = boost::json::serialize(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // aligns the data, as the format advises
  const std::uint64_t length = text.size();
  std::string bytes;
  bytes.reserve(kLengthBytes + text.size() + offset);
  bytes.append(reinterpret_cast<const char*>(&length), kLengthBytes);
  bytes += text;
  for (const auto& [name, tensor] : weights.tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size() * sizeof(float));
  }
  return bytes;
}

absl::StatusOr<Weights> ParseWeights(std::string_view bytes) {
  std::uint64_t header_bytes = 0;
  if (bytes.size() < kLengthBytes) return Corrupt("weights: ", bytes.size(), " bytes; expected at least ", kLengthBytes);
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - kLengthBytes) {
    return Corrupt("weights: header of ", header_bytes, " bytes in a file of ", bytes.size(), " bytes; expected at most ", kMaxHeaderBytes);
  }
  const absl::StatusOr<boost::json::value> header = ParseJson(bytes.substr(kLengthBytes, header_bytes), "weights: header");
  if (!header.ok()) return absl::DataLossError(header.status().message());
  const boost::json::object* object = header->if_object();
  if (object == nullptr) return Corrupt("weights: header is no JSON object");

  const std::string_view data = bytes.substr(kLengthBytes + header_bytes);
  Weights weights;
  std::vector<Entry> entries;
  for (const auto& [key, value] : *object) {
    std::string name(key.data(), key.size());
    if (name == "__metadata__") {
      TANDEM_RETURN_IF_ERROR(ParseMetadata(value, weights.metadata));
      continue;
    }
    TANDEM_ASSIGN_OR_RETURN(Entry entry, ParseEntry(std::move(name), value, data.size()));
    entries.push_back(std::move(entry));
  }
  TANDEM_RETURN_IF_ERROR(CheckTiling(entries, data.size()));
  for (const Entry& entry : entries) TANDEM_RETURN_IF_ERROR(ReadTensor(entry, data.data(), weights.tensors[entry.name]));
  return weights;
}

std::string WeightsId(std::string_view bytes) { return Sha256Hex(bytes).substr(0, kIdDigits); }

absl::StatusOr<Weights> ReadWeights(const std::filesystem::path& path, std::string* id) {
  TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  const std::string content_id = WeightsId(bytes);
  const std::string stem = path.stem().string();
  if (IsId(stem) && stem != content_id) return Corrupt(path.string(), ": content has id ", content_id, "; expected the file's name");
  absl::StatusOr<Weights> weights = ParseWeights(bytes);
  if (!weights.ok()) return Annotate(weights.status(), path.string());
  if (id != nullptr) *id = content_id;
  return weights;
}

absl::StatusOr<std::string> WriteWeights(const std::filesystem::path& directory, const Weights& weights) {
  const std::string bytes = SerializeWeights(weights);
  const std::string id = WeightsId(bytes);
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory));
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(directory / (id + ".safetensors"), bytes));
  return id;
}

absl::StatusOr<NetworkConfig> WeightsNetworkConfig(const Weights& weights) {
  const auto format = weights.metadata.find("tandem.format");
  if (format == weights.metadata.end() || format->second != "1") {
    return BadInput("weights: metadata \"tandem.format\" is ", format == weights.metadata.end() ? "absent" : format->second,
                    "; expected 1");
  }
  const auto text = weights.metadata.find("tandem.network");
  if (text == weights.metadata.end()) return BadInput("weights: no metadata \"tandem.network\"; expected a NetworkConfig");
  NetworkConfig config;
  TANDEM_RETURN_IF_ERROR(ParseConfigText(text->second, "weights: tandem.network", config));
  TANDEM_RETURN_IF_ERROR(ValidateConfig(config));
  return config;
}

}  // namespace tandem
