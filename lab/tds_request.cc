#include "lab/tds_request.h"

#include <array>

#include "lab/tds_bytes.h"
#include "lab/tds_types.h"

namespace keyturn::lab {
namespace {

void skip_headers(ByteReader& in) {
  const std::uint32_t total = in.u32();
  if (total < 4) throw MalformedMessage("headers shorter than their length");
  in.skip(total - 4);
}

std::string b_varchar(ByteReader& in) {
  const std::size_t size = in.u8();
  return sim::to_utf8(utf16_of(in.take(size * 2)));
}

constexpr std::array<const char*, 16> kProcedures{"",
                                                  "sp_cursor",
                                                  "sp_cursoropen",
                                                  "sp_cursorprepare",
                                                  "sp_cursorexecute",
                                                  "sp_cursorprepexec",
                                                  "sp_cursorunprepare",
                                                  "sp_cursorfetch",
                                                  "sp_cursoroption",
                                                  "sp_cursorclose",
                                                  "sp_executesql",
                                                  "sp_prepare",
                                                  "sp_execute",
                                                  "sp_prepexec",
                                                  "sp_prepexecrpc",
                                                  "sp_unprepare"};

sim::ObjectName split_name(const std::string& text) {
  sim::ObjectName name;
  std::string part;
  for (const char c : text) {
    if (c == '.') {
      name.parts.push_back(part);
      part.clear();
    } else if (c != '[' && c != ']') {
      part += c;
    }
  }
  name.parts.push_back(part);
  return name;
}

RpcCall read_call(ByteReader& in) {
  RpcCall call;
  const std::uint16_t size = in.u16();
  if (size == 0xFFFF) {
    call.procedure_id = in.u16();
    if (call.procedure_id >= kProcedures.size()) throw MalformedMessage("an unknown procedure number");
    call.name.parts = {kProcedures[call.procedure_id]};
  } else {
    call.name = split_name(sim::to_utf8(utf16_of(in.take(std::size_t{size} * 2))));
    for (std::uint16_t id = 1; id < kProcedures.size(); ++id)
      if (sim::same_name(kProcedures[id], call.name.parts.back())) call.procedure_id = id;
  }
  in.skip(2);  // option flags
  return call;
}

}  // namespace

std::string parse_sql_batch(std::string_view payload) {
  ByteReader in(payload);
  skip_headers(in);
  return sim::to_utf8(utf16_of(in.take(in.left())));
}

std::vector<RpcCall> parse_rpc(std::string_view payload) {
  constexpr std::uint8_t kNextCall = 0xFF;
  constexpr std::uint8_t kNextCallOld = 0x80;
  ByteReader in(payload);
  skip_headers(in);
  std::vector<RpcCall> calls{read_call(in)};
  while (!in.at_end()) {
    ByteReader ahead = in;
    const std::uint8_t next = ahead.u8();
    if (next == kNextCall || next == kNextCallOld) {
      in = ahead;
      if (in.at_end()) break;
      calls.push_back(read_call(in));
      continue;
    }
    sim::ProcedureArgument arg;
    arg.name = sim::fold_name(b_varchar(in));
    const std::uint8_t status = in.u8();
    arg.output = (status & 1) != 0;
    arg.given = (status & 2) == 0;
    arg.value = read_parameter(in);
    calls.back().args.push_back(std::move(arg));
  }
  return calls;
}

TransactionRequest parse_transaction_request(std::string_view payload) {
  ByteReader in(payload);
  skip_headers(in);
  TransactionRequest request;
  request.type = in.u16();
  if (request.type == 5) return request;
  if (!in.at_end()) b_varchar(in);
  if (!in.at_end()) request.begin_another = (in.u8() & 1) != 0;
  return request;
}

}  // namespace keyturn::lab
