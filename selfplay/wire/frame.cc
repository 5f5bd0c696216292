#include "selfplay/wire/frame.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/little_endian.h"

namespace tandem {
namespace {

constexpr std::size_t kContentIdDigits = 32;

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
  TANDEM_CHECK(payload.size() == prefix.length);
  const std::uint32_t crc = Crc32c(payload);
  if (crc != prefix.crc) return Corrupt("frame of ", payload.size(), " bytes: checksum ", crc, ", expected ", prefix.crc);
  WireMessage message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Corrupt("frame of ", payload.size(), " bytes: not a serialised message");
  }
  if (message.body_case() == WireMessage::BODY_NOT_SET) {
    return Corrupt("frame of ", payload.size(), " bytes: a message of a kind that is unknown here");
  }
  return message;
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
