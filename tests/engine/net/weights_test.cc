#include "engine/net/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/base/rng.h"

namespace tandem {
namespace {

Weights SmallWeights() {
  Weights weights;
  weights.metadata = {{"tandem.format", "1"}, {"note", "a \"quoted\" text"}};
  weights.tensors["b.matrix"] = {{2, 3}, {1, 2, 3, 4, 5, -6.5f}};
  weights.tensors["a.scalar"] = {{}, {0.25f}};
  weights.tensors["c.empty"] = {{0, 4}, {}};
  return weights;
}

// A safetensors file with this header and data.
std::string File(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string Message(const std::string& bytes) { return std::string(ParseWeights(bytes).status().message()); }

TEST(WeightsTest, ReadsBackWhatItWrote) {
  const Weights weights = SmallWeights();
  const absl::StatusOr<Weights> read = ParseWeights(SerializeWeights(weights));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->metadata, weights.metadata);
  ASSERT_EQ(read->tensors.size(), weights.tensors.size());
  for (const auto& [name, tensor] : weights.tensors) {
    EXPECT_EQ(read->tensors.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(read->tensors.at(name).data, tensor.data) << name;
  }
}

TEST(WeightsTest, EqualWeightsGiveEqualBytes) { EXPECT_EQ(SerializeWeights(SmallWeights()), SerializeWeights(SmallWeights())); }

TEST(WeightsTest, RefusesEveryTruncation) {
  const std::string bytes = SerializeWeights(SmallWeights());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const absl::Status status = ParseWeights(std::string_view(bytes).substr(0, length)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << length;
  }
}

TEST(WeightsTest, EveryBitFlipIsRefusedOrChangesTheId) {
  const std::string bytes = SerializeWeights(SmallWeights());
  const std::string id = WeightsId(bytes);
  Rng rng(7);
  for (int i = 0; i < 1000; ++i) {
    std::string flipped = bytes;
    const std::uint32_t bit = rng.Below(static_cast<std::uint32_t>(8 * bytes.size()));
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    (void)ParseWeights(flipped).ok();  // must not crash
    EXPECT_NE(WeightsId(flipped), id);
  }
}

TEST(WeightsTest, RefusesTrailingBytes) {
  EXPECT_NE(Message(SerializeWeights(SmallWeights()) + "x").find("1 bytes after the last tensor"), std::string::npos);
}

TEST(WeightsTest, RefusesAHeaderLongerThanTheFile) {
  std::string bytes = SerializeWeights(SmallWeights());
  std::memset(bytes.data(), 0xff, 8);
  EXPECT_NE(Message(bytes).find("header of 18446744073709551615 bytes"), std::string::npos);
}

TEST(WeightsTest, RefusesOverlapsGapsAndShapesThatOverflow) {
  const std::string eight(8, '\0');
  EXPECT_NE(
      Message(File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight))
          .find("overlap"),
      std::string::npos);
  EXPECT_NE(Message(File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight)).find("gap"), std::string::npos);
  EXPECT_NE(Message(File(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", eight)).find("shape"),
            std::string::npos);
  EXPECT_NE(Message(File(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight)).find("shape"), std::string::npos);
  EXPECT_NE(Message(File(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}})", eight)).find("outside"), std::string::npos);
  EXPECT_NE(Message(File(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", eight)).find("F64"), std::string::npos);
  EXPECT_NE(Message(File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", eight)).find("has 8 bytes; expected 4"),
            std::string::npos);
}

TEST(WeightsTest, NamesTheTensorThatHoldsNaN) {
  Weights weights = SmallWeights();
  weights.tensors["b.matrix"].data[4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(Message(SerializeWeights(weights)).find("b.matrix element 4"), std::string::npos);
}

TEST(WeightsTest, ReadsHalfPrecision) {
  // 1, -2, smallest subnormal, 65504 in F16; 1, -2 in BF16.
  const std::uint16_t bits[] = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x3f80, 0xc000};
  const std::string data(reinterpret_cast<const char*>(bits), sizeof(bits));
  const absl::StatusOr<Weights> weights = ParseWeights(
      File(R"({"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}})", data));
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->tensors.at("h").data, (std::vector<float>{1, -2, std::ldexp(1.0f, -24), 65504}));
  EXPECT_EQ(weights->tensors.at("b").data, (std::vector<float>{1, -2}));
}

TEST(WeightsTest, AFileNamedByAnIdMustHaveThatContent) {
  const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "weights_test";
  const absl::StatusOr<std::string> id = WriteWeights(directory, SmallWeights());
  ASSERT_TRUE(id.ok()) << id.status();
  const std::filesystem::path path = directory / (*id + ".safetensors");
  std::string read_id;
  ASSERT_TRUE(ReadWeights(path, &read_id).ok());
  EXPECT_EQ(read_id, *id);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('\x40');
  file.close();
  EXPECT_EQ(ReadWeights(path).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tandem
