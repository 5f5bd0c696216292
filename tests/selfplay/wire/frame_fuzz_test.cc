// The frame parser under bytes that mean it no good: messages of every kind with every field set, mutated as bytes, under a checksum that
// is mostly right, so that the parser proper sees them. Built with sanitizers (--config=asan) and FUZZ_SECONDS=600 in the environment it is
// the long run; without, a short one.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/rng.h"
#include "gtest/gtest.h"
#include "selfplay/wire/frame.h"

namespace tandem {
namespace {

using google::protobuf::FieldDescriptor;

std::uint32_t Below(Rng& rng, std::size_t bound) { return rng.Below(static_cast<std::uint32_t>(bound)); }

std::string RandomText(Rng& rng) {
  static constexpr std::size_t kLengths[] = {0, 1, 3, 16, 32, 33, 127, 128, 300};
  std::string text(kLengths[Below(rng, std::size(kLengths))], '\0');
  for (char& c : text) c = static_cast<char>(rng.Below(4) == 0 ? rng() : "0123456789abcdef"[rng.Below(16)]);
  return text;
}

std::uint64_t RandomNumber(Rng& rng) { return rng() >> rng.Below(64); }

void Fill(google::protobuf::Message* message, Rng& rng);

void FillField(google::protobuf::Message* message, const FieldDescriptor* field, Rng& rng) {
  const auto* reflection = message->GetReflection();
  const auto set = [&](auto setter, auto adder, auto value) {
    field->is_repeated() ? (reflection->*adder)(message, field, value) : (reflection->*setter)(message, field, value);
  };
  using R = google::protobuf::Reflection;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return set(&R::SetInt32, &R::AddInt32, static_cast<std::int32_t>(RandomNumber(rng)));
    case FieldDescriptor::CPPTYPE_INT64:
      return set(&R::SetInt64, &R::AddInt64, static_cast<std::int64_t>(RandomNumber(rng)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return set(&R::SetUInt32, &R::AddUInt32, static_cast<std::uint32_t>(RandomNumber(rng)));
    case FieldDescriptor::CPPTYPE_UINT64:
      return set(&R::SetUInt64, &R::AddUInt64, RandomNumber(rng));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return set(&R::SetDouble, &R::AddDouble, rng.Uniform() * 1e9 - 1);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return set(&R::SetFloat, &R::AddFloat, static_cast<float>(rng.Uniform()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return set(&R::SetBool, &R::AddBool, rng.Below(2) == 0);
    case FieldDescriptor::CPPTYPE_ENUM:
      return set(&R::SetEnumValue, &R::AddEnumValue,
                 field->enum_type()->value(static_cast<int>(Below(rng, field->enum_type()->value_count())))->number());
    case FieldDescriptor::CPPTYPE_STRING:
      return field->is_repeated() ? reflection->AddString(message, field, RandomText(rng))
                                  : reflection->SetString(message, field, RandomText(rng));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Fill(field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field), rng);
  }
}

void Fill(google::protobuf::Message* message, Rng& rng) {
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    for (std::uint32_t k = field->is_repeated() ? rng.Below(4) : rng.Below(4) > 0 ? 1 : 0; k > 0; --k) FillField(message, field, rng);
  }
}

// A message of a random kind.
std::string RandomPayload(Rng& rng) {
  WireMessage message;
  const auto* bodies = message.GetDescriptor()->oneof_decl(0);
  FillField(&message, bodies->field(static_cast<int>(Below(rng, bodies->field_count()))), rng);
  return message.SerializeAsString();
}

void Mutate(std::string* bytes, const std::string& other, Rng& rng) {
  if (bytes->empty()) bytes->push_back('\0');
  const std::size_t at = Below(rng, bytes->size());
  switch (rng.Below(7)) {
    case 0:
      (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << rng.Below(8)));
      break;
    case 1:
      (*bytes)[at] = static_cast<char>(rng());
      break;
    case 2:
      bytes->insert(at, std::string(1 + rng.Below(12), static_cast<char>(rng.Below(2) == 0 ? 0xff : rng())));  // 0xff: long varints
      break;
    case 3:
      bytes->erase(at, 1 + rng.Below(8));
      break;
    case 4:
      bytes->resize(at);
      break;
    case 5:
      bytes->insert(at, other.substr(0, Below(rng, other.size() + 1)));
      break;
    default:  // a group or a length where none was: nests deeply when repeated
      bytes->insert(at, std::string(1 + rng.Below(200), static_cast<char>(0x0b + 8 * rng.Below(19))));
  }
}

struct Tally {
  std::int64_t inputs = 0, accepted = 0, greeted = 0;
};

void Try(const std::string& payload, bool right_checksum, std::size_t max_bytes, Tally* tally) {
  std::string frame(8, '\0');
  const std::uint32_t length = static_cast<std::uint32_t>(payload.size()), crc = Crc32c(payload) + (right_checksum ? 0 : 1);
  for (int i = 0; i < 4; ++i) {
    frame[static_cast<std::size_t>(i)] = static_cast<char>(length >> (8 * i));
    frame[static_cast<std::size_t>(i + 4)] = static_cast<char>(crc >> (8 * i));
  }
  ++tally->inputs;
  const auto prefix = DecodeFramePrefix(frame, max_bytes);
  EXPECT_EQ(prefix.ok(), length > 0 && length <= max_bytes);
  if (!prefix.ok()) return;
  const auto message = DecodeFramePayload(*prefix, payload);
  if (const auto hello = DecodeHelloPayload(*prefix, payload); hello.ok()) {
    ++tally->greeted;
    EXPECT_TRUE(right_checksum);
    EXPECT_EQ(message.ok() ? message->hello().SerializeAsString() : hello->SerializeAsString(), hello->SerializeAsString());
  }
  if (!message.ok()) {
    EXPECT_FALSE(message.status().message().empty());
    return;
  }
  EXPECT_TRUE(right_checksum);
  EXPECT_NE(message->body_case(), WireMessage::BODY_NOT_SET);
  EXPECT_FALSE(MessageName(*message).empty());
  // What was understood can be said again.
  const std::string again = EncodeFrame(*message);
  const auto second_prefix = DecodeFramePrefix(std::string_view(again).substr(0, kFramePrefixBytes), again.size());
  ASSERT_TRUE(second_prefix.ok());
  const auto second = DecodeFramePayload(*second_prefix, std::string_view(again).substr(kFramePrefixBytes));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->SerializeAsString(), message->SerializeAsString());
  ++tally->accepted;
}

TEST(FrameFuzzTest, TakesOrRefusesWhateverComesAndNothingElse) {
  const char* seconds = std::getenv("FUZZ_SECONDS");
  const absl::Time end = Clock::Real().Now() + absl::Seconds(seconds == nullptr ? 0 : std::atof(seconds));
  constexpr std::int64_t kShortRun = 100000;
  const std::uint64_t seed = seconds == nullptr ? 1 : static_cast<std::uint64_t>(absl::ToUnixNanos(end));
  Rng rng = Rng::Stream(seed, "frame fuzz");
  Tally tally;
  while (tally.inputs < kShortRun || Clock::Real().Now() < end) {
    for (int i = 0; i < 1000; ++i) {
      std::string payload = RandomPayload(rng);
      const std::string other = RandomPayload(rng);
      for (std::uint32_t k = rng.Below(8); k > 0; --k) Mutate(&payload, other, rng);
      Try(payload, rng.Below(16) > 0, rng.Below(4) == 0 ? kMaxHelloBytes : kMaxControlBytes, &tally);
      if (HasFailure()) FAIL() << "seed " << seed << ", input " << tally.inputs;
    }
  }
  std::cout << tally.inputs << " inputs, " << tally.accepted << " accepted, " << tally.greeted << " of them also from a stranger, seed " << seed << "\n";
  EXPECT_GT(tally.accepted, tally.inputs / 20);
  EXPECT_LT(tally.accepted, tally.inputs);
  EXPECT_GT(tally.greeted, 0);
  EXPECT_LT(tally.greeted, tally.accepted);
}

}  // namespace
}  // namespace tandem
