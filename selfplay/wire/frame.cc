#include "selfplay/wire/frame.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <optional>

#include "engine/base/check.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/little_endian.h"

namespace tandem {
namespace {

constexpr std::size_t kContentIdDigits = 32;

using google::protobuf::internal::WireFormatLite;

absl::Status CheckPayload(const FramePrefix& prefix, std::string_view payload) {
  TANDEM_CHECK(payload.size() == prefix.length);
  const std::uint32_t crc = Crc32c(payload);
  if (crc == prefix.crc) return absl::OkStatus();
  return Corrupt("frame of ", payload.size(), " bytes: checksum ", crc, ", expected ", prefix.crc);
}

// What lies in `payload` under the tag of WireMessage.hello; no value unless the tag and its length account for every byte.
std::optional<std::string_view> BytesOfHello(std::string_view payload) {
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const std::uint8_t*>(payload.data()), static_cast<int>(payload.size()));
  int length = 0;
  if (input.ReadTag() != WireFormatLite::MakeTag(WireMessage::kHelloFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED) ||
      !input.ReadVarintSizeAsInt(&length) || length != static_cast<int>(payload.size()) - input.CurrentPosition()) {
    return std::nullopt;
  }
  return payload.substr(static_cast<std::size_t>(input.CurrentPosition()));
}

}  // namespace

std::string EncodeFrame(const WireMessage& message) {
  const std::string payload = message.SerializeAsString();
  std::string frame;
  frame.reserve(kFramePrefixBytes + payload.size());
  AppendU32(static_cast<std::uint32_t>(payload.size()), &frame);
  AppendU32(Crc32c(payload), &frame);
  return frame + payload;
}

absl::StatusOr<FramePrefix> DecodeFramePrefix(std::string_view prefix, std::size_t max_bytes) {
  TANDEM_CHECK(prefix.size() == kFramePrefixBytes);
  const FramePrefix decoded{U32At(prefix, 0), U32At(prefix, 4)};
  if (decoded.length == 0 || decoded.length > max_bytes) {
    return Corrupt("frame of ", decoded.length, " bytes, expected 1 to ", max_bytes);
  }
  return decoded;
}

absl::StatusOr<WireMessage> DecodeFramePayload(const FramePrefix& prefix, std::string_view payload) {
  TANDEM_RETURN_IF_ERROR(CheckPayload(prefix, payload));
  WireMessage message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Corrupt("frame of ", payload.size(), " bytes: not a serialised message");
  }
  if (message.body_case() == WireMessage::BODY_NOT_SET) {
    return Corrupt("frame of ", payload.size(), " bytes: a message of a kind that is unknown here");
  }
  return message;
}

absl::StatusOr<Hello> DecodeHelloPayload(const FramePrefix& prefix, std::string_view payload) {
  TANDEM_RETURN_IF_ERROR(CheckPayload(prefix, payload));
  const std::optional<std::string_view> bytes = BytesOfHello(payload);
  if (!bytes.has_value()) return BadInput("the first message must be hello and nothing else");
  Hello hello;
  if (!hello.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    return Corrupt("frame of ", payload.size(), " bytes: not a serialised hello");
  }
  return hello;
}

absl::StatusOr<std::uint32_t> AgreeOnVersion(std::uint32_t peer_min, std::uint32_t peer_max) {
  const std::uint32_t version = std::min(peer_max, kMaxWireVersion);
  if (peer_min <= peer_max && version >= std::max(peer_min, kMinWireVersion)) return version;
  return absl::FailedPreconditionError(absl::StrCat("the peer speaks protocol versions ", peer_min, " to ", peer_max, ", this program ",
                                                    kMinWireVersion, " to ", kMaxWireVersion, "; update the older of the two"));
}

std::string MessageName(const WireMessage& message) {
  const auto* field = WireMessage::descriptor()->FindFieldByNumber(static_cast<int>(message.body_case()));
  return field == nullptr ? "nothing" : field->name();
}

bool IsContentId(std::string_view id) {
  return id.size() == kContentIdDigits &&
         std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace tandem
