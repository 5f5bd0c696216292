#include "selfplay/wire/frame.h"

#include <string>

#include "engine/base/file.h"
#include "engine/base/rng.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

WireMessage SomeHello() {
  WireMessage message;
  message.mutable_hello()->set_min_version(1);
  message.mutable_hello()->set_max_version(3);
  message.mutable_hello()->set_token("tandem_00c0ffee_secret");
  message.mutable_hello()->set_name("worker 7");
  return message;
}

// What a receiver does with a whole frame.
absl::StatusOr<WireMessage> Decode(std::string_view frame, std::size_t max_bytes) {
  if (frame.size() < kFramePrefixBytes) return absl::DataLossError("cut in the prefix");
  const auto prefix = DecodeFramePrefix(frame.substr(0, kFramePrefixBytes), max_bytes);
  if (!prefix.ok()) return prefix.status();
  if (frame.size() - kFramePrefixBytes != prefix->length) return absl::DataLossError("cut in the payload");
  return DecodeFramePayload(*prefix, frame.substr(kFramePrefixBytes));
}

TEST(FrameTest, GivesBackWhatWasEncoded) {
  const WireMessage message = SomeHello();
  const auto decoded = Decode(EncodeFrame(message), kMaxHelloBytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->SerializeAsString(), message.SerializeAsString());
  EXPECT_EQ(MessageName(*decoded), "hello");
}

TEST(FrameTest, HasTheBytesThatTheDocumentationShows) {
  WireMessage message;
  message.mutable_bye()->set_reason("done");
  EXPECT_EQ(EncodeFrame(message), std::string("\x08\x00\x00\x00\xfa\x1e\x5e\xee\x72\x06\x0a\x04"
                                              "done",
                                              16));
}

TEST(FrameTest, RefusesALengthAboveTheBoundOrOfZeroBeforeAnythingElse) {
  EXPECT_FALSE(DecodeFramePrefix(std::string("\x01\x10\x00\x00", 4) + "crc?", 4096).ok());
  EXPECT_TRUE(DecodeFramePrefix(std::string("\x00\x10\x00\x00", 4) + "crc?", 4096).ok());
  EXPECT_FALSE(DecodeFramePrefix(std::string("\x00\x00\x00\x00", 4) + "crc?", 4096).ok());
  EXPECT_FALSE(DecodeFramePrefix("\xff\xff\xff\xff____", kMaxControlBytes).ok());
}

TEST(FrameTest, RefusesAFrameWithAnyBitFlipped) {
  const std::string frame = EncodeFrame(SomeHello());
  for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Decode(flipped, kMaxHelloBytes).ok()) << "bit " << bit;
  }
}

TEST(FrameTest, RefusesAFrameThatWasCutAnywhere) {
  const std::string frame = EncodeFrame(SomeHello());
  for (std::size_t size = 0; size < frame.size(); ++size) EXPECT_FALSE(Decode(frame.substr(0, size), kMaxHelloBytes).ok()) << size;
}

TEST(FrameTest, RefusesAMessageOfAnUnknownKind) {
  WireMessage message;
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(999, 1);
  EXPECT_FALSE(Decode(EncodeFrame(message), kMaxHelloBytes).ok());
}

// A stranger's payload under a right checksum.
absl::StatusOr<Hello> Greet(const std::string& payload) {
  return DecodeHelloPayload({static_cast<std::uint32_t>(payload.size()), Crc32c(payload)}, payload);
}

TEST(FrameTest, TakesAHelloFromAStranger) {
  const auto hello = Greet(SomeHello().SerializeAsString());
  ASSERT_TRUE(hello.ok()) << hello.status();
  EXPECT_EQ(hello->SerializeAsString(), SomeHello().hello().SerializeAsString());
  WireMessage silent;
  silent.mutable_hello();
  EXPECT_TRUE(Greet(silent.SerializeAsString()).ok());
}

TEST(FrameTest, TakesNothingElseFromAStranger) {
  const auto* bodies = WireMessage::descriptor()->oneof_decl(0);
  for (int i = 0; i < bodies->field_count(); ++i) {
    WireMessage message;
    message.GetReflection()->MutableMessage(&message, bodies->field(i));
    EXPECT_EQ(Greet(message.SerializeAsString()).ok(), message.has_hello()) << bodies->field(i)->name();
  }
  EXPECT_EQ(Greet("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Greet(std::string("\x08\x01", 2)).status().code(), absl::StatusCode::kInvalidArgument) << "hello's number on a varint";
}

TEST(FrameTest, TakesNoByteBesidesAStrangersHello) {
  const std::string hello = SomeHello().SerializeAsString();
  WireMessage bye, unknown;
  bye.mutable_bye();
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddVarint(999, 1);
  for (const std::string& other : {hello, bye.SerializeAsString(), unknown.SerializeAsString(), std::string(1, '\0')}) {
    EXPECT_EQ(Greet(hello + other).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Greet(other + hello).status().code(), absl::StatusCode::kInvalidArgument);
  }
  for (std::size_t size = 0; size < hello.size(); ++size) EXPECT_FALSE(Greet(hello.substr(0, size)).ok()) << size;
}

TEST(FrameTest, SkipsWhatALaterHelloMaySay) {
  WireMessage message = SomeHello();
  Hello* hello = message.mutable_hello();
  hello->GetReflection()->MutableUnknownFields(hello)->AddLengthDelimited(999, "tomorrow");
  const auto greeted = Greet(message.SerializeAsString());
  ASSERT_TRUE(greeted.ok()) << greeted.status();
  EXPECT_EQ(greeted->token(), SomeHello().hello().token());
}

TEST(FrameTest, RefusesAStrangersBrokenHelloAndAWrongChecksum) {
  EXPECT_EQ(Greet(std::string("\x0a\x02\x1a\x7f", 4)).status().code(), absl::StatusCode::kDataLoss) << "a token longer than its frame";
  const std::string hello = SomeHello().SerializeAsString();
  EXPECT_EQ(DecodeHelloPayload({static_cast<std::uint32_t>(hello.size()), Crc32c(hello) + 1}, hello).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(FrameTest, NeverCrashesOnRandomPayloadsWithARightChecksum) {
  Rng rng = Rng::Stream(1, "frame fuzz");
  int accepted = 0;
  for (int i = 0; i < 100000; ++i) {
    // A valid message mutated, under a checksum made for it: the parser proper.
    WireMessage message = SomeHello();
    if (i % 2 == 0) {
      message.mutable_network_part()->set_data(std::string(rng.Below(40), 'x'));
      message.mutable_network_part()->set_stored_id("0123");
    }
    std::string payload = message.SerializeAsString();
    for (std::uint32_t k = rng.Below(6); k > 0; --k)
      payload[rng.Below(static_cast<std::uint32_t>(payload.size()))] = static_cast<char>(rng());
    payload.resize(1 + rng.Below(static_cast<std::uint32_t>(payload.size() + 8)));
    const FramePrefix prefix{static_cast<std::uint32_t>(payload.size()), 0};
    WireMessage parsed;
    if (parsed.ParseFromString(payload) && parsed.body_case() != WireMessage::BODY_NOT_SET) {
      const std::string frame = EncodeFrame(parsed);
      accepted += Decode(frame, kMaxControlBytes).ok() ? 1 : 0;
    }
    EXPECT_FALSE(payload.size() > 4 && DecodeFramePayload(prefix, payload).ok());  // checksum 0 is wrong
  }
  EXPECT_GT(accepted, 0);
}

TEST(FrameTest, AgreesOnTheHighestCommonVersionOrNamesBothRanges) {
  EXPECT_EQ(AgreeOnVersion(kMinWireVersion, kMaxWireVersion + 5).value(), kMaxWireVersion);
  EXPECT_EQ(AgreeOnVersion(0, kMinWireVersion).value(), kMinWireVersion);
  EXPECT_FALSE(AgreeOnVersion(kMaxWireVersion + 1, kMaxWireVersion + 2).ok());
  EXPECT_FALSE(AgreeOnVersion(3, 1).ok());
  EXPECT_NE(AgreeOnVersion(77, 78).status().message().find("77 to 78"), std::string::npos);
}

TEST(FrameTest, TakesOnlyThirtyTwoHexDigitsForAnId) {
  EXPECT_TRUE(IsContentId("0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(IsContentId("0123456789abcdef0123456789abcdeF"));
  EXPECT_FALSE(IsContentId("../../../../etc/passwd0123456789"));
  EXPECT_FALSE(IsContentId(""));
}

}  // namespace
}  // namespace tandem
