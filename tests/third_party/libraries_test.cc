// Every library of the system compiles, links and runs in one process, so
// that a target of third_party/BUILD that lacks a library shows here and not
// in whatever is linked first against it.

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>
#include <zstd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio.hpp>
#include <boost/crc.hpp>
#include <boost/json.hpp>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

TEST(LibrariesTest, AbseilHandsBackValuesAndErrors) {
  absl::StatusOr<int> number = 7;
  EXPECT_EQ(*number, 7);
  number = absl::NotFoundError(absl::StrFormat("no key %d", 3));
  EXPECT_EQ(number.status().message(), "no key 3");
  absl::flat_hash_map<std::string, int> map = {{absl::StrCat("a", 1), 1}};
  EXPECT_TRUE(map.contains("a1"));
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  EXPECT_GT(absl::Now(), absl::UnixEpoch());
}

TEST(LibrariesTest, ProtobufRoundTripsText) {
  google::protobuf::Value value;
  value.set_string_value("tandem");
  std::string text;
  ASSERT_TRUE(google::protobuf::TextFormat::PrintToString(value, &text));
  google::protobuf::Value parsed;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &parsed));
  EXPECT_EQ(parsed.string_value(), "tandem");
}

boost::asio::awaitable<int> Answer() { co_return 42; }

TEST(LibrariesTest, AsioRunsCoroutines) {
  boost::asio::io_context context;
  auto answer = boost::asio::co_spawn(context, Answer(), boost::asio::use_future);
  context.run();
  EXPECT_EQ(answer.get(), 42);
}

TEST(LibrariesTest, BoostParsesJsonAndComputesCrc32c) {
  EXPECT_EQ(boost::json::parse("[1,2]").as_array().size(), 2u);
  // The check value of CRC-32C in RFC 3720's parametrisation.
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes("123456789", 9);
  EXPECT_EQ(crc.checksum(), 0xE3069283u);
}

TEST(LibrariesTest, ZstdRoundTripsBytes) {
  const std::string bytes(1000, 'x');
  std::vector<char> packed(ZSTD_compressBound(bytes.size()));
  const size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3);
  ASSERT_FALSE(ZSTD_isError(size));
  std::string unpacked(bytes.size(), '\0');
  EXPECT_EQ(ZSTD_decompress(unpacked.data(), unpacked.size(), packed.data(), size), bytes.size());
  EXPECT_EQ(unpacked, bytes);
}

TEST(LibrariesTest, SqliteOpensADatabaseInMemory) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "create table t(a)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

TEST(LibrariesTest, OpenSslDigests) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  ASSERT_EQ(EVP_Digest("", 0, digest.data(), &size, EVP_sha256(), nullptr), 1);
  ASSERT_EQ(size, 32u);
  EXPECT_EQ(digest[0], 0xe3);
}

TEST(LibrariesTest, SpdlogFormatsWithTheFmtOfTheSystem) {
  std::ostringstream text;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  spdlog::logger logger("test", sink);
  logger.set_pattern("%v");
  logger.info("{} games", 3);
  EXPECT_EQ(text.str(), "3 games\n");
}

TEST(LibrariesTest, Cli11ReadsOptions) {
  CLI::App app;
  int sims = 0;
  app.add_option("--sims", sims);
  std::vector<std::string> arguments = {"64", "--sims"};  // Read from the back.
  app.parse(arguments);
  EXPECT_EQ(sims, 64);
}

TEST(LibrariesTest, GmockMatches) { EXPECT_THAT((std::vector<int>{1, 2}), testing::ElementsAre(1, 2)); }

}  // namespace
