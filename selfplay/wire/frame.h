// Frames: how messages lie on a byte stream.
//
//   frame := u32 length | u32 crc32c of the payload | payload: a serialised WireMessage        (little-endian)
//
// The length is checked against the bound of the moment before anything is allocated; the checksum before anything is parsed. Pure
// functions over bytes; stream.h puts them on a socket. Grammar, example, evolution: docs/wire.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/wire.pb.h"

namespace tandem {

inline constexpr std::size_t kFramePrefixBytes = 8;
// Before a peer is known, and after. Data (a chunk, a part of a network) comes on top of the latter.
inline constexpr std::size_t kMaxHelloBytes = 4096;
inline constexpr std::size_t kMaxControlBytes = 1 << 20;
// Protocol versions this program speaks.
inline constexpr std::uint32_t kMinWireVersion = 1;
inline constexpr std::uint32_t kMaxWireVersion = 2;  // 2: rating jobs

struct FramePrefix {
  std::uint32_t length = 0;  // of the payload
  std::uint32_t crc = 0;
};

std::string EncodeFrame(const WireMessage& message);

// kDataLoss when the length is 0 or above `max_bytes`.
absl::StatusOr<FramePrefix> DecodeFramePrefix(std::string_view prefix, std::size_t max_bytes);
// kDataLoss when the checksum is wrong or the payload is no message with a body. `payload` has prefix.length bytes.
absl::StatusOr<WireMessage> DecodeFramePayload(const FramePrefix& prefix, std::string_view payload);
// The first frame of a peer that nobody knows yet: a WireMessage of one Hello and not a byte besides, which is seen before any message is
// parsed. kDataLoss when the checksum is wrong or the Hello is broken, kInvalidArgument for anything else, which stays unparsed. Fields that
// a later Hello may have are skipped.
absl::StatusOr<Hello> DecodeHelloPayload(const FramePrefix& prefix, std::string_view payload);

// The highest version in both ranges; kFailedPrecondition names both when there is none.
absl::StatusOr<std::uint32_t> AgreeOnVersion(std::uint32_t peer_min, std::uint32_t peer_max);

// "hello", "put_chunk": for errors and logs.
std::string MessageName(const WireMessage& message);

// An id as chunks and networks have: 32 lower-case hex digits, so that it can name a file.
bool IsContentId(std::string_view id);

}  // namespace tandem
