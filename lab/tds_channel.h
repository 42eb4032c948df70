// A connected socket, in clear text or under TLS, and TDS packets on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace keyturn::lab {

constexpr std::uint8_t kBatchPacket = 0x01;
constexpr std::uint8_t kRpcPacket = 0x03;
constexpr std::uint8_t kReplyPacket = 0x04;
constexpr std::uint8_t kAttentionPacket = 0x06;
constexpr std::uint8_t kTransactionPacket = 0x0E;
constexpr std::uint8_t kLoginPacket = 0x10;
constexpr std::uint8_t kPreloginPacket = 0x12;
constexpr std::uint8_t kEndOfMessage = 0x01;
constexpr std::uint8_t kResetConnection = 0x08;

struct TdsMessage {
  std::uint8_t type = 0;
  std::uint8_t status = 0;  // of the first packet
  std::string payload;
};

// One thread uses it; cut() may be called from any. Every failure reads as "the connection has ended".
class TdsChannel {
 public:
  explicit TdsChannel(int socket);  // owns it
  ~TdsChannel();
  TdsChannel(const TdsChannel&) = delete;
  TdsChannel& operator=(const TdsChannel&) = delete;

  // TLS inside PRELOGIN packets, one message for each flight; then application records on the socket.
  bool start_tls(ssl_ctx_st* context);
  // From here on in clear text: where only the login was to be encrypted.
  void end_tls();

  // A whole message; nothing at the end of the connection or for a malformed header. With
  // `first_packet_only_tls` TLS ends after the first packet.
  std::optional<TdsMessage> read_message(bool tls_for_first_packet_only = false);
  bool write_message(std::uint8_t type, std::string_view payload);
  // As write_message, but stops in the middle.
  bool write_half(std::uint8_t type, std::string_view payload);

  [[nodiscard]] bool wait_readable(int timeout_ms);
  void cut();  // both directions; wakes a reader
  void set_packet_size(std::size_t size) { packet_size_ = size; }
  void set_spid(int spid) { spid_ = spid; }

 private:
  bool read_exact(char* data, std::size_t size);
  bool read_raw(char* data, std::size_t size);
  bool write_bytes(std::string_view bytes);
  bool write_raw(std::string_view bytes);
  bool feed_tls_record();
  std::string pending_tls_output();
  bool handshake_step(bool& finished);
  bool read_packet(TdsMessage& message, bool& last);
  std::string packet(std::uint8_t type, std::string_view body, bool last);

  int socket_;
  std::size_t packet_size_ = 4096;
  int spid_ = 0;
  std::uint8_t packet_id_ = 0;
  std::shared_ptr<ssl_st> tls_;
};

// A server context: TLS 1.2 only (TDS 7.4 clients hang on TLS 1.3). Null where the PEM is
// unusable.
std::shared_ptr<ssl_ctx_st> make_tls_context(const std::string& certificate_pem,
                                             std::string_view private_key_pem);

}  // namespace keyturn::lab
