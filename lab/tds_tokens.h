// The tokens of a reply (MS-TDS 2.2.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/tds_bytes.h"
#include "sim/tsql_result.h"

namespace keyturn::lab {

struct ServerIdentity {
  std::string server_name;
  std::string product_version;
};

void write_message(ByteWriter& out, const sim::SqlError& message, const std::string& server_name);
void write_environment_text(ByteWriter& out, std::uint8_t type, const std::string& now,
                            const std::string& before);

constexpr std::uint16_t kDoneFinal = 0x0000;
constexpr std::uint16_t kDoneMore = 0x0001;
constexpr std::uint16_t kDoneError = 0x0002;
constexpr std::uint16_t kDoneCount = 0x0010;
constexpr std::uint16_t kDoneAttention = 0x0020;
constexpr std::uint8_t kDoneToken = 0xFD;
constexpr std::uint8_t kDoneProcToken = 0xFE;
constexpr std::uint8_t kDoneInProcToken = 0xFF;
void write_done(ByteWriter& out, std::uint8_t token, std::uint16_t status, std::uint64_t rows = 0);

// What follows a login that succeeded.
struct LoginAnswer {
  std::string database;
  std::uint32_t tds_version = 0;
  std::uint32_t packet_size = 4096;
  bool utf8 = false;  // the client asked for UTF-8 support
};
void write_login_answer(ByteWriter& out, const ServerIdentity& identity, const LoginAnswer& answer);

// The reply to one request, built up as the batch runs.
class TokenSink final : public sim::ResultSink {
 public:
  TokenSink(ServerIdentity identity, bool in_procedure)
      : identity_(std::move(identity)), in_procedure_(in_procedure) {}

  void columns(const std::vector<sim::ResultColumn>& columns) override;
  void row(const sim::Row& row) override;
  void done(bool error, std::optional<std::int64_t> rows) override;
  void message(const sim::SqlError& message) override;
  void database_changed(const std::string& from, const std::string& to) override;
  void transaction(sim::TransactionEvent event) override;

  void reset_acknowledged();
  struct ReturnValue {
    std::string name;
    sim::TypedValue value;
  };
  void finish_procedure(std::int64_t return_status, const std::vector<ReturnValue>& values);
  // Ends the last DONE's promise that more follows, or adds a final one.
  void finish_batch();

  [[nodiscard]] const std::string& bytes() const { return out_.bytes(); }
  // The number of the first error, as text; "ok" where there is none.
  [[nodiscard]] const std::string& outcome() const { return outcome_; }

 private:
  const ServerIdentity identity_;
  const bool in_procedure_;
  ByteWriter out_;
  std::vector<sim::ResultColumn> columns_;
  std::optional<std::size_t> last_done_;  // where its status stands, if nothing came after it
  std::string outcome_ = "ok";
  bool failed_ = false;
};

}  // namespace keyturn::lab
