#include "lab/tds_tokens.h"

#include <cstdlib>

#include "lab/tds_types.h"

namespace keyturn::lab {
namespace {

constexpr std::string_view kCollation{"\x09\x04\xD0\x00\x34", 5};
constexpr std::uint64_t kTransactionId = 1;  // any that is not 0: one transaction a connection

void token_with_length(ByteWriter& out, std::uint8_t token, const ByteWriter& body) {
  out.u8(token);
  out.u16(body.bytes().size());
  out.raw(body.bytes());
}

std::u16string wide(const std::string& text) { return sim::to_utf16(text); }

}  // namespace

void write_message(ByteWriter& out, const sim::SqlError& message, const std::string& server_name) {
  constexpr std::size_t kMaxText = 2048;
  ByteWriter body;
  body.u32(static_cast<std::uint32_t>(message.number));
  body.u8(static_cast<std::uint8_t>(message.state));
  body.u8(static_cast<std::uint8_t>(message.severity));
  body.us_varchar(std::u16string_view(wide(message.text)).substr(0, kMaxText));
  body.b_varchar(wide(server_name));
  body.b_varchar(wide(message.procedure));
  body.u32(static_cast<std::uint32_t>(message.line));
  token_with_length(out, message.severity > 10 ? 0xAA : 0xAB, body);
}

void write_environment_text(ByteWriter& out, std::uint8_t type, const std::string& now,
                            const std::string& before) {
  ByteWriter body;
  body.u8(type);
  body.b_varchar(wide(now));
  body.b_varchar(wide(before));
  token_with_length(out, 0xE3, body);
}

void write_done(ByteWriter& out, std::uint8_t token, std::uint16_t status, std::uint64_t rows) {
  out.u8(token);
  out.u16(status);
  out.u16(0);
  out.u64(rows);
}

void write_login_answer(ByteWriter& out, const ServerIdentity& identity, const LoginAnswer& answer) {
  const auto info = [&](int number, int state, const std::string& text) {
    write_message(out, {number, 0, state, text, {}, 1}, identity.server_name);
  };
  write_environment_text(out, 1, answer.database, "master");
  info(5701, 2, "Changed database context to '" + answer.database + "'.");
  ByteWriter collation;
  collation.u8(7);
  collation.u8(kCollation.size());
  collation.raw(kCollation);
  collation.u8(0);
  token_with_length(out, 0xE3, collation);
  write_environment_text(out, 2, "us_english", "");
  info(5703, 1, "Changed language setting to us_english.");

  ByteWriter ack;
  ack.u8(1);
  for (int shift = 24; shift >= 0; shift -= 8) ack.u8((answer.tds_version >> shift) & 0xFF);
  ack.b_varchar(u"Microsoft SQL Server");
  const int major = std::atoi(identity.product_version.c_str());
  const std::size_t second = identity.product_version.find('.', identity.product_version.find('.') + 1);
  const int build =
      second == std::string::npos ? 0 : std::atoi(identity.product_version.c_str() + second + 1);
  for (const int byte : {major, 0, build >> 8, build}) ack.u8(static_cast<std::uint8_t>(byte));
  token_with_length(out, 0xAD, ack);

  const std::string size = std::to_string(answer.packet_size);
  write_environment_text(out, 4, size, size);
  if (answer.utf8) {
    out.u8(0xAE);
    out.u8(0x0A);
    out.u32(1);
    out.u8(1);
    out.u8(0xFF);
  }
  write_done(out, kDoneToken, kDoneFinal);
}

void TokenSink::columns(const std::vector<sim::ResultColumn>& columns) {
  columns_ = columns;
  last_done_.reset();
  out_.u8(0x81);
  out_.u16(columns.size());
  for (const sim::ResultColumn& column : columns) {
    out_.u32(0);
    out_.u16(column.nullable ? 0x0001 : 0x0000);
    write_type(out_, column.type);
    out_.b_varchar(wide(column.name));
  }
}

void TokenSink::row(const sim::Row& row) {
  out_.u8(0xD1);
  for (std::size_t i = 0; i < row.size(); ++i) write_value(out_, row[i], columns_[i].type);
}

void TokenSink::done(bool error, std::optional<std::int64_t> rows) {
  const auto status =
      static_cast<std::uint16_t>(kDoneMore | (error ? kDoneError : 0) | (rows ? kDoneCount : 0));
  last_done_ = out_.bytes().size() + 1;
  write_done(out_, in_procedure_ ? kDoneInProcToken : kDoneToken, status,
             static_cast<std::uint64_t>(rows.value_or(0)));
}

void TokenSink::message(const sim::SqlError& message) {
  last_done_.reset();
  if (message.severity > 10 && outcome_ == "ok") outcome_ = std::to_string(message.number);
  failed_ = failed_ || message.severity > 10;
  write_message(out_, message, identity_.server_name);
}

void TokenSink::database_changed(const std::string& from, const std::string& to) {
  last_done_.reset();
  write_environment_text(out_, 1, to, from);
  message({5701, 0, 1, "Changed database context to '" + to + "'.", {}, 1});
}

void TokenSink::transaction(sim::TransactionEvent event) {
  last_done_.reset();
  ByteWriter body;
  const bool begun = event == sim::TransactionEvent::begun;
  body.u8(begun ? 8 : event == sim::TransactionEvent::committed ? 9 : 10);
  if (!begun) body.u8(0);
  body.u8(8);
  body.u64(kTransactionId);
  if (begun) body.u8(0);
  token_with_length(out_, 0xE3, body);
}

void TokenSink::reset_acknowledged() {
  ByteWriter body;
  body.u8(18);
  body.u8(0);
  body.u8(0);
  token_with_length(out_, 0xE3, body);
}

void TokenSink::finish_procedure(std::int64_t return_status, const std::vector<ReturnValue>& values) {
  out_.u8(0x79);
  out_.u32(static_cast<std::uint32_t>(return_status));
  std::uint16_t ordinal = 0;
  for (const ReturnValue& value : values) {
    out_.u8(0xAC);
    out_.u16(ordinal++);
    out_.b_varchar(wide(value.name));
    out_.u8(1);
    out_.u32(0);
    out_.u16(0x0001);
    write_type(out_, value.value.type);
    write_value(out_, value.value.value, value.value.type);
  }
  write_done(out_, kDoneProcToken, failed_ ? kDoneError : kDoneFinal);
}

void TokenSink::finish_batch() {
  if (!last_done_) return write_done(out_, kDoneToken, kDoneFinal);
  out_.bytes()[*last_done_] = static_cast<char>(out_.bytes()[*last_done_] & ~kDoneMore);
}

}  // namespace keyturn::lab
