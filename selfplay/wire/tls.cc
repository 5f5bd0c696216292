#include "selfplay/wire/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <cctype>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/file.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

namespace ssl = boost::asio::ssl;

constexpr long kCertificateSeconds = 20L * 365 * 24 * 3600;  // it is pinned, so its end only makes trouble
constexpr std::size_t kMaxPemBytes = 1 << 20;

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

absl::Status OpenSslError(std::string_view doing) {
  char text[256] = "unknown";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return absl::InternalError(absl::StrCat(std::string(doing), ": ", text));
}

std::string Fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return "";
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

std::string Text(const Memory& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

bool AddExtension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A serial number of 127 random bits, valid from yesterday (clocks differ).
absl::StatusOr<Certificate> SelfSigned(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  unsigned char serial[16];
  if (certificate == nullptr || RAND_bytes(serial, sizeof(serial)) != 1) return OpenSslError("certificate");
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial, sizeof(serial), nullptr));
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>("tandem coordinator");
  const bool made =
      number != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24 * 3600) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kCertificateSeconds) != nullptr &&
      X509_set_pubkey(certificate.get(), key) == 1 && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate.get(), name) == 1 && AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE") &&
      AddExtension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
      X509_sign(certificate.get(), key, EVP_sha256()) > 0;
  if (!made) return OpenSslError("certificate");
  return certificate;
}

absl::Status MakeIdentity(const ServerIdentity& identity) {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("key");
  TANDEM_ASSIGN_OR_RETURN(const Certificate certificate, SelfSigned(key.get()));
  const Memory key_text(BIO_new(BIO_s_mem())), certificate_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return OpenSslError("certificate");
  }
  TANDEM_RETURN_IF_ERROR(MakeDirectories(identity.key.parent_path()));
  const mode_t old_mask = ::umask(077);
  const absl::Status written = WriteFileAtomic(identity.key, Text(key_text));
  ::umask(old_mask);
  TANDEM_RETURN_IF_ERROR(written);
  return WriteFileAtomic(identity.certificate, Text(certificate_text));
}

absl::StatusOr<std::unique_ptr<ssl::context>> NewContext(ssl::context::method method) {
  auto context = std::make_unique<ssl::context>(method);
  if (SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_3_VERSION) != 1) return OpenSslError("TLS 1.3");
  // Sessions are few and long: no tickets, so nothing is kept of a peer that went away.
  SSL_CTX_set_num_tickets(context->native_handle(), 0);
  return context;
}

}  // namespace

absl::StatusOr<ServerIdentity> LoadOrMakeIdentity(const std::filesystem::path& directory) {
  ServerIdentity identity{directory / "server.crt", directory / "server.key", ""};
  std::error_code error;
  // The key is written first: without a certificate it was never used.
  if (!std::filesystem::exists(identity.certificate, error)) TANDEM_RETURN_IF_ERROR(MakeIdentity(identity));
  TANDEM_ASSIGN_OR_RETURN(const std::string pem, ReadFile(identity.certificate, kMaxPemBytes));
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    ERR_clear_error();
    return Corrupt(identity.certificate.string(), ": expected a certificate in PEM");
  }
  identity.fingerprint = Fingerprint(certificate.get());
  return identity;
}

absl::StatusOr<std::string> ParseFingerprint(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    if (!std::isxdigit(static_cast<unsigned char>(c))) return BadInput("fingerprint '", text, "': expected 64 hex digits");
    digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (digits.size() != 64) return BadInput("fingerprint '", text, "': ", digits.size(), " hex digits, expected 64");
  return digits;
}

absl::StatusOr<std::unique_ptr<ssl::context>> MakeServerContext(const ServerIdentity& identity) {
  TANDEM_ASSIGN_OR_RETURN(auto context, NewContext(ssl::context::tls_server));
  boost::system::error_code error;
  context->use_certificate_chain_file(identity.certificate.string(), error);
  if (error) return Corrupt(identity.certificate.string(), ": ", error.message());
  context->use_private_key_file(identity.key.string(), ssl::context::pem, error);
  if (error) return Corrupt(identity.key.string(), ": not the private key of ", identity.certificate.string(), ": ", error.message());
  return context;
}

absl::StatusOr<std::unique_ptr<ssl::context>> MakeClientContext(const ServerTrust& trust) {
  TANDEM_ASSIGN_OR_RETURN(auto context, NewContext(ssl::context::tls_client));
  boost::system::error_code error;
  context->set_verify_mode(ssl::verify_peer);
  if (!trust.ca_file.empty()) {
    context->load_verify_file(trust.ca_file.string(), error);
    if (error) return BadInput(trust.ca_file.string(), ": expected certificates in PEM: ", error.message());
    context->set_verify_callback(ssl::host_name_verification(trust.host));
    return context;
  }
  TANDEM_ASSIGN_OR_RETURN(const std::string pinned, ParseFingerprint(trust.fingerprint));
  context->set_verify_callback([pinned](bool, ssl::verify_context& verification) {
    X509_STORE_CTX* store = verification.native_handle();
    if (X509_STORE_CTX_get_error_depth(store) > 0) return true;  // only the coordinator's own certificate counts
    const bool same = Fingerprint(X509_STORE_CTX_get_current_cert(store)) == pinned;
    X509_STORE_CTX_set_error(store, same ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return same;
  });
  return context;
}

}  // namespace tandem
