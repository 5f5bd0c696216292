#include "selfplay/wire/address.h"

#include <boost/asio/ssl/context.hpp>

#include "gtest/gtest.h"
#include "selfplay/wire/backoff.h"
#include "selfplay/wire/tls.h"

namespace tandem {
namespace {

TEST(AddressTest, ReadsNamesAndAddressesWithTheirPort) {
  EXPECT_EQ(ParseHostPort("coordinator.example:4800")->host, "coordinator.example");
  EXPECT_EQ(ParseHostPort("192.0.2.1:65535")->port, 65535);
  EXPECT_EQ(ParseHostPort("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseHostPort("127.0.0.1:0", /*any_port=*/true)->port, 0);
}

TEST(AddressTest, RefusesWhatIsNoHostAndPort) {
  for (const char* text : {"", ":", "host", "host:", ":80", "host:0", "host:65536", "host:-1", "host:80x", "::1:80", "[]:80"}) {
    EXPECT_FALSE(ParseHostPort(text).ok()) << text;
  }
}

TEST(BackoffTest, DoublesWithJitterUpToItsBoundAndBeginsAnewAfterASuccess) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(60), Rng(7));
  absl::Duration full = absl::Seconds(1);
  for (int i = 0; i < 100; ++i) {
    const absl::Duration wait = backoff.Next();
    EXPECT_GE(wait, full / 2) << i;
    EXPECT_LE(wait, full) << i;
    full = std::min(full * 2, absl::Seconds(60));
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Seconds(1));
}

TEST(BackoffTest, LetsTwoWorkersComeBackAtDifferentTimes) {
  Backoff a(absl::Seconds(1), absl::Seconds(60), Rng(1)), b(absl::Seconds(1), absl::Seconds(60), Rng(2));
  EXPECT_NE(a.Next(), b.Next());
}

TEST(TlsTest, MakesACertificateOnceAndKnowsItAgain) {
  const auto directory = std::filesystem::path(testing::TempDir()) / "tls_once";
  std::filesystem::remove_all(directory);
  const auto first = LoadOrMakeIdentity(directory);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->fingerprint.size(), 64u);
  EXPECT_EQ(LoadOrMakeIdentity(directory)->fingerprint, first->fingerprint);
  const auto permissions = std::filesystem::status(first->key).permissions();
  EXPECT_EQ(permissions & std::filesystem::perms(077), std::filesystem::perms::none) << "the key is its owner's alone";
}

TEST(TlsTest, NamesTheFileThatIsNoCertificateOrNotItsKey) {
  const auto directory = std::filesystem::path(testing::TempDir()) / "tls_broken",
             other = std::filesystem::path(testing::TempDir()) / "tls_other";
  std::filesystem::remove_all(directory);
  std::filesystem::remove_all(other);
  const auto identity = LoadOrMakeIdentity(directory);
  ASSERT_TRUE(identity.ok() && LoadOrMakeIdentity(other).ok());
  const auto names = [](const absl::Status& status, const char* file) {
    return std::string(status.message()).find(file) != std::string::npos;
  };
  std::filesystem::copy_file(other / "server.key", identity->key, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(names(MakeServerContext(*identity).status(), "server.key")) << "another certificate's key";
  std::filesystem::remove(identity->key);
  EXPECT_TRUE(names(MakeServerContext(*identity).status(), "server.key")) << "no key";
  std::filesystem::resize_file(identity->certificate, 100);
  EXPECT_EQ(LoadOrMakeIdentity(directory).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(names(LoadOrMakeIdentity(directory).status(), "server.crt"));
  EXPECT_TRUE(names(MakeClientContext({.fingerprint = "", .ca_file = identity->certificate, .host = "h"}).status(), "server.crt"));
  EXPECT_FALSE(MakeClientContext({.fingerprint = "1234", .ca_file = {}, .host = {}}).ok());
}

TEST(TlsTest, ReadsFingerprintsAsPeopleWriteThem) {
  const std::string digits(64, 'a');
  EXPECT_EQ(ParseFingerprint(digits).value(), digits);
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i == 0 ? "AA" : ":AA";
  EXPECT_EQ(ParseFingerprint(colons).value(), digits);
  EXPECT_FALSE(ParseFingerprint(digits.substr(1)).ok());
  EXPECT_FALSE(ParseFingerprint("sha256").ok());
}

}  // namespace
}  // namespace tandem
