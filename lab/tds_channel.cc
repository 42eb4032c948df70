#include "lab/tds_channel.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lab/tds_bytes.h"
#include "sim/sql_type.h"

namespace keyturn::lab {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::size_t kMaxMessage = 64U << 20U;
constexpr std::size_t kTlsRecordHeader = 5;
constexpr std::size_t kMaxTlsRecord = 16384 + 2048;

std::size_t be16(const char* bytes) {
  return (static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[0])) << 8) |
         static_cast<std::uint8_t>(bytes[1]);
}

}  // namespace

std::u16string utf16_of(std::string_view bytes) {
  if (bytes.size() % 2 != 0) throw MalformedMessage("half a character");
  std::u16string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    text += static_cast<char16_t>(static_cast<std::uint8_t>(bytes[i]) |
                                  (static_cast<std::uint8_t>(bytes[i + 1]) << 8));
  }
  return text;
}

TdsChannel::TdsChannel(int socket) : socket_(socket) {}
TdsChannel::~TdsChannel() { ::close(socket_); }

void TdsChannel::cut() { ::shutdown(socket_, SHUT_RDWR); }

bool TdsChannel::wait_readable(int timeout_ms) {
  if (tls_ && SSL_pending(tls_.get()) > 0) return true;
  pollfd entry{socket_, POLLIN, 0};
  return ::poll(&entry, 1, timeout_ms) > 0;
}

bool TdsChannel::read_raw(char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(socket_, data, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    data += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool TdsChannel::write_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Exactly one record, so that clear text after it stays on the socket.
bool TdsChannel::feed_tls_record() {
  std::array<char, kTlsRecordHeader> header{};
  if (!read_raw(header.data(), header.size())) return false;
  const std::size_t size = be16(&header[3]);
  if (size > kMaxTlsRecord) return false;
  std::string body(size, '\0');
  if (!read_raw(body.data(), size)) return false;
  BIO* input = SSL_get_rbio(tls_.get());
  return BIO_write(input, header.data(), kTlsRecordHeader) == static_cast<int>(kTlsRecordHeader) &&
         (size == 0 || BIO_write(input, body.data(), static_cast<int>(size)) == static_cast<int>(size));
}

bool TdsChannel::read_exact(char* data, std::size_t size) {
  if (!tls_) return read_raw(data, size);
  while (size > 0) {
    const int got = SSL_read(tls_.get(), data, static_cast<int>(size));
    if (got > 0) {
      data += got;
      size -= static_cast<std::size_t>(got);
      continue;
    }
    if (SSL_get_error(tls_.get(), got) != SSL_ERROR_WANT_READ || !feed_tls_record()) {
      ERR_clear_error();
      return false;
    }
  }
  return true;
}

std::string TdsChannel::pending_tls_output() {
  BIO* output = SSL_get_wbio(tls_.get());
  std::string bytes(BIO_ctrl_pending(output), '\0');
  if (!bytes.empty()) BIO_read(output, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

bool TdsChannel::write_bytes(std::string_view bytes) {
  if (!tls_) return write_raw(bytes);
  if (SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) {
    ERR_clear_error();
    return false;
  }
  return write_raw(pending_tls_output());
}

bool TdsChannel::handshake_step(bool& finished) {
  const int status = SSL_accept(tls_.get());
  finished = status == 1;
  const bool more = status != 1 && SSL_get_error(tls_.get(), status) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return finished || more;
}

bool TdsChannel::start_tls(ssl_ctx_st* context) {
  std::shared_ptr<ssl_st> tls(SSL_new(context), SSL_free);
  SSL_set_bio(tls.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  while (true) {
    const auto message = read_message();
    if (!message || message->type != kPreloginPacket || message->payload.empty()) return false;
    BIO_write(SSL_get_rbio(tls.get()), message->payload.data(), static_cast<int>(message->payload.size()));
    tls_ = tls;
    bool finished = false;
    const bool good = handshake_step(finished);
    const std::string flight = pending_tls_output();
    tls_.reset();  // the packets of the handshake themselves are in clear text
    if (!flight.empty() && !write_message(kPreloginPacket, flight)) return false;
    if (!good) return false;
    if (!finished) continue;
    tls_ = std::move(tls);
    return true;
  }
}

void TdsChannel::end_tls() { tls_.reset(); }

bool TdsChannel::read_packet(TdsMessage& message, bool& last) {
  std::array<char, kHeader> header{};
  if (!read_exact(header.data(), header.size())) return false;
  const std::size_t length = be16(&header[2]);
  if (length < kHeader || message.payload.size() + length > kMaxMessage) return false;
  const auto type = static_cast<std::uint8_t>(header[0]);
  const auto status = static_cast<std::uint8_t>(header[1]);
  if (message.type == 0) {
    message.type = type;
    message.status = status;
  } else if (message.type != type) {
    // An attention may follow packets of a message that the client gave up.
    if (type != kAttentionPacket) return false;
    message = {type, status, {}};
  }
  const std::size_t before = message.payload.size();
  message.payload.resize(before + length - kHeader);
  last = (status & kEndOfMessage) != 0;
  return read_exact(message.payload.data() + before, length - kHeader);
}

std::optional<TdsMessage> TdsChannel::read_message(bool tls_for_first_packet_only) {
  TdsMessage message;
  for (bool last = false; !last;) {
    if (!read_packet(message, last)) return std::nullopt;
    if (tls_for_first_packet_only) end_tls();
  }
  return message;
}

std::string TdsChannel::packet(std::uint8_t type, std::string_view body, bool last) {
  const std::size_t length = body.size() + kHeader;
  std::string bytes;
  const auto add = [&](std::size_t value) { bytes += static_cast<char>(value & 0xFF); };
  add(type);
  add(last ? kEndOfMessage : 0U);
  add(length >> 8);
  add(length);
  add(static_cast<std::size_t>(spid_) >> 8);
  add(static_cast<std::size_t>(spid_));
  add(++packet_id_);
  add(0);
  return bytes.append(body);
}

bool TdsChannel::write_message(std::uint8_t type, std::string_view payload) {
  packet_id_ = 0;
  do {
    const std::string_view body = payload.substr(0, packet_size_ - kHeader);
    payload.remove_prefix(body.size());
    if (!write_bytes(packet(type, body, payload.empty()))) return false;
  } while (!payload.empty());
  return true;
}

bool TdsChannel::write_half(std::uint8_t type, std::string_view payload) {
  const std::string whole = packet(type, payload.substr(0, packet_size_ - kHeader), true);
  return write_bytes(std::string_view(whole).substr(0, whole.size() / 2));
}

std::shared_ptr<ssl_ctx_st> make_tls_context(const std::string& certificate_pem,
                                             std::string_view private_key_pem) {
  std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const std::shared_ptr<BIO> certificate_bio(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())), BIO_free);
  const std::shared_ptr<X509> certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr),
                                          X509_free);
  const std::shared_ptr<BIO> key_bio(
      BIO_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size())), BIO_free);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr),
                                      EVP_PKEY_free);
  const bool good = certificate && key && SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1;
  ERR_clear_error();
  return good ? context : nullptr;
}

}  // namespace keyturn::lab
