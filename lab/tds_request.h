// SQLBatch, RPC and transaction manager requests (MS-TDS 2.2.6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/tsql_interpreter.h"

namespace keyturn::lab {

struct RpcCall {
  sim::ObjectName name;
  std::uint16_t procedure_id = 0;  // 0: called by name
  std::vector<sim::ProcedureArgument> args;
};
struct TransactionRequest {
  std::uint16_t type = 0;  // 5 begin, 7 commit, 8 roll back
  bool begin_another = false;
};

// Each throws MalformedMessage.
std::string parse_sql_batch(std::string_view payload);
std::vector<RpcCall> parse_rpc(std::string_view payload);
TransactionRequest parse_transaction_request(std::string_view payload);

}  // namespace keyturn::lab
