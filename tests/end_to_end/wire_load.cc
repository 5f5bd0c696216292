// Plays a worker that does not play: connects to a coordinator on 127.0.0.1 (plain text), takes numbers, and sends chunks of random games
// made beforehand, as fast as they are taken; or games with a lie in them. Prints one line of JSON.
//
//   wire_load PORT CONNECTIONS CHUNKS GAMES_PER_CHUNK            honest: each connection sends CHUNKS chunks
//   wire_load PORT CONNECTIONS CHUNKS GAMES_PER_CHUNK LIE        LIE: illegal | result | nan | seed | number | visits | network | doubled
//   wire_load PORT sessions COUNT                                junk: COUNT malformed sessions (tests/training/coordinator/hostile.h)
//   wire_load PORT heartbeats COUNT SECONDS INTERVAL [FINGERPRINT]
//       COUNT sessions that send a heartbeat every INTERVAL seconds each (0: as fast as they are answered); FINGERPRINT: with TLS
//
// The token is read from TANDEM_TOKEN; for heartbeats there may be several, with commas between them. The run must allow 1000 simulations a
// move (selfplay.full_simulations). GAMES_PER_CHUNK of a lying chunk are right but for the last one.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/config.h"
#include "engine/base/json.h"
#include "engine/base/rng.h"
#include "proto/run_config.pb.h"
#include "selfplay/record/chunk.h"
#include "selfplay/wire/frame.h"
#include "tests/end_to_end/heartbeats.h"
#include "tests/selfplay/record/random_record.h"
#include "tests/training/coordinator/hostile.h"

namespace tandem {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) { return std::chrono::duration<double>(SteadyClock::now() - start).count(); }

struct Order {
  std::uint16_t port = 0;
  int connections = 1, chunks = 1, games_per_chunk = 1;
  std::string lie, token;
};

struct Tally {
  std::mutex mutex;
  std::map<std::string, std::int64_t> answers;  // verdicts, refusals of the session, ends of the connection
  std::map<std::string, std::int64_t> reasons;  // of refusals, numbers replaced by #
  std::int64_t bytes = 0, games = 0;
};

WireMessage Ask(RawClient& client, const WireMessage& request) {
  client.Send(EncodeFrame(request));
  return client.Read();
}

void Tell(const std::string& lie, GameRecord* game) {
  Turn* last = game->mutable_turns(game->turns_size() - 1);
  if (lie == "illegal") game->set_moves(game->moves_size() - 1, 1000);
  if (lie == "result") game->set_result(game->result() == 1 ? -1 : 1);
  if (lie == "nan") last->set_root_value(std::numeric_limits<float>::quiet_NaN());
  if (lie == "seed") game->set_seed(game->seed() + 1);
  if (lie == "number") game->set_index(std::uint64_t{1} << 50);
  if (lie == "visits") last->set_simulations(1 << 30);
  if (lie == "network") game->set_net_id("0123456789abcdef0123456789abcdef");
}

std::string WithoutNumbers(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) plain += c;
    if (digit && (plain.empty() || plain.back() != '#')) plain += '#';
  }
  return plain;
}

// All chunks of a connection, ready to be sent.
std::vector<std::string> MakeFrames(const Order& order, const Welcome& welcome, const Assignment& assignment) {
  RunConfig config;
  if (!ParseConfigText(assignment.config(), "assignment", config).ok()) return {};
  const Game& game = GameNamed(welcome.game());
  ChunkHeader header;
  header.set_run_id(welcome.run_id());
  header.set_game(welcome.game());
  std::uint64_t number = assignment.first_number();
  std::vector<std::string> frames;
  for (int i = 0; i < order.chunks; ++i) {
    std::vector<GameRecord> games;
    for (int j = 0; j < order.games_per_chunk; ++j) {
      games.push_back(RandomRecord(game, number++));
      games.back().set_seed(config.seed());
      games.back().set_net_id(welcome.news().net_id());
      for (Turn& turn : *games.back().mutable_turns()) turn.set_simulations(1000);
    }
    Tell(order.lie, &games.back());
    if (order.lie == "doubled") games.push_back(games.front());
    WireMessage message;
    message.mutable_put_chunk()->set_data(SerializeChunk(header, games));
    message.mutable_put_chunk()->set_chunk_id(ChunkId(message.put_chunk().data()));
    frames.push_back(EncodeFrame(message));
  }
  return frames;
}

void Connection(const Order& order, std::atomic<int>* ready, std::atomic<bool>* go, Tally* tally) {
  const auto count = [&](const std::string& answer) {
    const std::lock_guard<std::mutex> lock(tally->mutex);
    ++tally->answers[answer];
  };
  try {
    RawClient client(order.port);
    WireMessage request;
    request.mutable_hello()->set_min_version(kMinWireVersion);
    request.mutable_hello()->set_max_version(kMaxWireVersion);
    request.mutable_hello()->set_token(order.token);
    request.mutable_hello()->set_name("load");
    const WireMessage welcome = Ask(client, request);
    request.mutable_get_assignment();
    const WireMessage assignment = welcome.has_welcome() ? Ask(client, request) : WireMessage();
    std::vector<std::string> frames;
    if (assignment.has_assignment()) frames = MakeFrames(order, welcome.welcome(), assignment.assignment());
    if (frames.empty()) count(welcome.has_refusal() ? Refusal::Code_Name(welcome.refusal().code()) : "no assignment");
    ++*ready;
    go->wait(false);
    for (const std::string& frame : frames) {
      client.Send(frame);
      const WireMessage reply = client.Read();
      if (!reply.has_chunk_ack()) {
        count(reply.has_refusal() ? "session " + Refusal::Code_Name(reply.refusal().code()) : "closed");
        return;
      }
      const ChunkAck& ack = reply.chunk_ack();
      const std::lock_guard<std::mutex> lock(tally->mutex);
      ++tally->answers[ChunkAck::Verdict_Name(ack.verdict())];
      if (ack.verdict() == ChunkAck::REFUSED) ++tally->reasons[WithoutNumbers(ack.reason())];
      if (ack.verdict() == ChunkAck::STORED) tally->games += order.games_per_chunk;
      tally->bytes += static_cast<std::int64_t>(frame.size());
    }
    request.mutable_bye();
    Ask(client, request);
  } catch (const std::exception& error) {
    count("closed");
    ++*ready;
  }
}

// A driver that measures the coordinator looks at it now.
void WaitForDriver() {
  std::cout << "ready" << std::endl;
  if (std::getenv("WIRE_LOAD_WAIT") != nullptr) std::cin.get();
}

int SendChunks(const Order& order) {
  Tally tally;
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::jthread> threads;
  for (int i = 0; i < order.connections; ++i) threads.emplace_back(Connection, std::cref(order), &ready, &go, &tally);
  while (ready < order.connections) std::this_thread::yield();
  WaitForDriver();
  const auto start = SteadyClock::now();
  go = true;
  go.notify_all();
  threads.clear();
  const double seconds = SecondsSince(start);
  boost::json::object answers, reasons;
  for (const auto& [answer, count] : tally.answers) answers[answer] = count;
  for (const auto& [reason, count] : tally.reasons) reasons[reason] = count;
  std::cout << JsonText(boost::json::object{{"seconds", seconds},
                                            {"games", tally.games},
                                            {"bytes", tally.bytes},
                                            {"games_per_second", static_cast<double>(tally.games) / seconds},
                                            {"answers", answers},
                                            {"reasons", reasons}})
            << std::endl;
  return 0;
}

int SendJunk(std::uint16_t port, const std::string& token, int sessions) {
  // Some sessions wait until the server has had enough of them: many at a time.
  constexpr int kThreads = 32;
  const std::uint64_t seed = std::random_device()();
  const auto start = SteadyClock::now();
  std::atomic<int> left{sessions};
  std::vector<std::jthread> threads;
  for (std::int64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&left, &token, port, seed, i] {
      Rng rng = Rng::Stream(seed, "hostile", static_cast<std::uint64_t>(i));
      while (left.fetch_sub(1) > 0) HostileSession(port, token, rng);
    });
  }
  threads.clear();
  const double seconds = SecondsSince(start);
  std::cout << JsonText(boost::json::object{{"sessions", sessions}, {"seconds", seconds}, {"per_second", sessions / seconds}}) << std::endl;
  return 0;
}

int Beat(const HeartbeatOrder& order) {
  const auto report = SendHeartbeats(order, WaitForDriver);
  if (!report.ok()) {
    std::cerr << report.status() << "\n";
    return 1;
  }
  std::cout << JsonText(boost::json::object{{"answered", report->answered},
                                            {"lost", report->lost},
                                            {"seconds", report->seconds},
                                            {"median_ms", report->median_ms},
                                            {"worst_percent_ms", report->worst_percent_ms}})
            << std::endl;
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  const char* token = std::getenv("TANDEM_TOKEN");
  int port = 0, sessions = 0;
  Order order;
  order.token = token == nullptr ? "" : token;
  const auto number = [&](std::size_t i, int* value) { return i < arguments.size() && absl::SimpleAtoi(arguments[i], value) && *value > 0; };
  if (!number(0, &port) || port > 65535) return 2;
  order.port = static_cast<std::uint16_t>(port);
  if (arguments.size() == 3 && arguments[1] == "sessions" && number(2, &sessions)) return SendJunk(order.port, order.token, sessions);
  double seconds = 0, interval = 0;
  if ((arguments.size() == 5 || arguments.size() == 6) && arguments[1] == "heartbeats" && number(2, &sessions) &&
      absl::SimpleAtod(arguments[3], &seconds) && absl::SimpleAtod(arguments[4], &interval)) {
    const std::vector<std::string> tokens = absl::StrSplit(order.token, ',');
    return Beat({order.port, sessions, absl::Seconds(seconds), absl::Seconds(interval), tokens, arguments.size() == 6 ? arguments[5] : ""});
  }
  if (!number(1, &order.connections) || !number(2, &order.chunks) || !number(3, &order.games_per_chunk)) return 2;
  if (arguments.size() > 4) order.lie = arguments[4];
  return SendChunks(order);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  const int code = tandem::Main({argv + 1, argv + argc});
  if (code == 2) std::cerr << "usage: wire_load PORT CONNECTIONS CHUNKS GAMES_PER_CHUNK [LIE] | wire_load PORT sessions COUNT"
                                " | wire_load PORT heartbeats COUNT SECONDS INTERVAL [FINGERPRINT]\n";
  return code;
}
