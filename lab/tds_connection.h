// One client of the TDS server, from its first byte to its last.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lab/tds_channel.h"
#include "lab/tds_login.h"
#include "lab/tds_request.h"
#include "lab/tds_server.h"
#include "lab/tds_tokens.h"
#include "sim/sql_faults.h"
#include "sim/tsql_session.h"

namespace keyturn::lab {

// serve() runs on one thread; cut() may be called from another.
class TdsConnection {
 public:
  TdsConnection(int socket, sim::SqlServer& server, sim::FaultBoard& faults, sim::CallLog& calls,
                EncryptionPolicy encryption, std::shared_ptr<ssl_ctx_st> tls);

  void serve();
  void cut() { channel_.cut(); }

 private:
  enum class LoginMode { clear, login_only, all };
  std::optional<LoginMode> negotiate();
  bool log_in(LoginMode mode);
  bool accept_login(const Login& login, bool lose_reply, bool cut_reply);
  void refuse_login(const std::vector<sim::SqlError>& errors, const std::string& user);
  std::optional<std::vector<sim::SqlError>> check_login(const Login& login, sim::ServerLogin& who) const;

  bool answer(const TdsMessage& request);
  bool execute(const TdsMessage& request, TokenSink& sink);
  bool run_transaction(const TransactionRequest& request, TokenSink& sink);
  bool run_rpc(RpcCall call, TokenSink& sink);
  bool prepared_call(RpcCall& call, TokenSink& sink, std::vector<TokenSink::ReturnValue>& outputs,
                     std::int64_t& status);
  bool acknowledge_attention();
  void wait_for_the_end();

  TdsChannel channel_;
  sim::SqlServer& server_;
  sim::SqlFaults faults_;
  const EncryptionPolicy encryption_;
  const std::shared_ptr<ssl_ctx_st> tls_;
  const ServerIdentity identity_;
  std::unique_ptr<sim::TsqlSession> session_;
  std::shared_ptr<StopFlag> stop_ = std::make_shared<StopFlag>();  // of the request under way

  struct Prepared {
    sim::TypedValue declaration;
    sim::TypedValue statement;
  };
  std::map<std::int64_t, Prepared> prepared_;
  std::int64_t next_handle_ = 1;
};

}  // namespace keyturn::lab
