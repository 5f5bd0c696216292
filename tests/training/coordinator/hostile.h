// Clients of a server's port that do what no worker does, and a plain one to see whether the server still lives.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/rng.h"
#include "proto/wire.pb.h"

namespace tandem {

// A blocking connection in plain text to 127.0.0.1. Operations throw on errors of the socket.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;

  void Send(const std::string& bytes);
  // Everything up to the end of the connection.
  std::string ReadToTheEnd();
  // The next whole frame's message; an empty one when the connection ended.
  WireMessage Read();
  // Ends with a reset instead of a farewell.
  void Reset();

 private:
  struct Socket;
  Socket* socket_;
};

// One session of junk drawn from `rng`: random bytes, frames that are cut, flipped, too long or of unknown kinds, right frames in a wrong
// order, with a wrong or right token. Sends, waits for the answer or not, and ends in one of several ways.
void HostileSession(std::uint16_t port, const std::string& good_token, Rng& rng);

// A worker's first two frames; true when the server welcomes it.
bool IsWelcome(std::uint16_t port, const std::string& token);

}  // namespace tandem
