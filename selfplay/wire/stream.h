// FrameStream: messages over one TCP connection, under TLS or in plain text, each operation with a deadline.
//
// A deadline that passes, a frame that is broken, a peer that goes away: the operation answers with an error and the connection is closed;
// nothing can be done with a stream after an error but to drop it. Memory for a frame grows with the bytes that have come, so a length
// alone costs the receiver nothing.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "proto/wire.pb.h"
#include "selfplay/wire/asio.h"

namespace tandem {

enum class StreamRole { kClient, kServer };

// Single-threaded: used by coroutines on the executor of its socket, one reading or writing at a time.
class FrameStream {
 public:
  // Of a connected socket; plain text when `tls` is null. The context must outlive the stream.
  FrameStream(asio::ip::tcp::socket socket, asio::ssl::context* tls);
  ~FrameStream();
  FrameStream(const FrameStream&) = delete;

  // TLS's handshake; nothing in plain text. kUnauthenticated when the peer's certificate is not accepted.
  Awaitable<absl::Status> Handshake(StreamRole role, absl::Duration deadline);
  // The next message, whose frame has at most `max_bytes`. It may begin within `idle`; once its length has come, the rest must come within
  // `deadline`. kUnavailable when the peer closed the connection, kDeadlineExceeded, kDataLoss for a broken frame.
  Awaitable<absl::StatusOr<WireMessage>> Read(std::size_t max_bytes, absl::Duration idle, absl::Duration deadline);
  // A stranger's first message, in a frame of at most kMaxHelloBytes that is parsed as nothing but Hello. Errors as Read's; after
  // kInvalidArgument (another message) the stream is whole and takes a last answer.
  Awaitable<absl::StatusOr<Hello>> ReadHello(absl::Duration deadline);
  Awaitable<absl::Status> Write(const WireMessage& message, absl::Duration deadline);
  // Tells the peer that nothing more comes, then closes.
  Awaitable<void> Finish(absl::Duration deadline);
  // Ends whatever operation is under way with an error.
  void Close();

  std::string peer() const;  // "192.0.2.1:40000"
  std::size_t bytes_read() const { return bytes_read_; }
  std::size_t bytes_written() const { return bytes_written_; }

 private:
  struct Connection;  // shared with the handlers of the watchdog's timer

  class Deadline;
  struct Frame;
  Awaitable<absl::Status> ReadExactly(char* to, std::size_t size);
  Awaitable<absl::StatusOr<Frame>> ReadFrame(std::size_t max_bytes, absl::Duration idle, absl::Duration deadline);
  absl::Status Failure(const boost::system::error_code& error, std::string_view doing) const;

  const std::shared_ptr<Connection> connection_;
  std::string peer_;
  std::size_t bytes_read_ = 0;
  std::size_t bytes_written_ = 0;
};

}  // namespace tandem
