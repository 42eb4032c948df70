#include "lab/tds_connection.h"

#include <algorithm>
#include <chrono>
#include <future>

namespace keyturn::lab {
namespace {

constexpr std::uint32_t kOldestVersion = 0x72090002;  // 7.2: earlier tokens have other forms
constexpr std::uint32_t kNewestVersion = 0x74000004;
constexpr std::uint8_t kUtf8Feature = 0x0A;

std::size_t agreed_packet_size(std::uint32_t asked) { return std::clamp<std::size_t>(asked, 512, 16383); }

}  // namespace

TdsConnection::TdsConnection(int socket, sim::SqlServer& server, sim::FaultBoard& faults, sim::CallLog& calls,
                             EncryptionPolicy encryption, std::shared_ptr<ssl_ctx_st> tls)
    : channel_(socket),
      server_(server),
      faults_(server, faults, &calls),
      encryption_(encryption),
      tls_(std::move(tls)),
      identity_{server.settings().server_name(), server.settings().product_version} {}

void TdsConnection::serve() {
  const auto mode = negotiate();
  if (!mode || !log_in(*mode)) return;
  while (auto request = channel_.read_message()) {
    const bool alive = request->type == kAttentionPacket ? acknowledge_attention() : answer(*request);
    if (!alive) break;
  }
  session_.reset();
}

std::optional<TdsConnection::LoginMode> TdsConnection::negotiate() {
  const auto message = channel_.read_message();
  if (!message || message->type != kPreloginPacket) return std::nullopt;
  const auto prelogin = parse_prelogin(message->payload);
  if (!prelogin) return std::nullopt;
  const bool client_can = prelogin->encryption != kEncryptNotSupported;
  const bool client_wants = prelogin->encryption == kEncryptOn || prelogin->encryption == kEncryptRequired;
  std::uint8_t reply = kEncryptNotSupported;
  auto mode = LoginMode::clear;
  if (encryption_ == EncryptionPolicy::on) {
    reply = client_wants ? kEncryptOn : kEncryptRequired;
    mode = LoginMode::all;
  } else if (encryption_ == EncryptionPolicy::off && client_can) {
    reply = client_wants ? kEncryptOn : kEncryptOff;
    mode = client_wants ? LoginMode::all : LoginMode::login_only;
  }
  if (!channel_.write_message(kReplyPacket,
                              prelogin_reply(identity_.product_version, reply, prelogin->asks_federated)))
    return std::nullopt;
  if (mode != LoginMode::clear && !channel_.start_tls(tls_.get())) return std::nullopt;
  return mode;
}

bool TdsConnection::log_in(LoginMode mode) {
  auto message = channel_.read_message(mode == LoginMode::login_only);
  if (!message || message->type != kLoginPacket) return false;
  const auto login = parse_login(message->payload);
  wipe_memory(message->payload.data(), message->payload.size());
  if (!login) {
    refuse_login({{17832,
                   20,
                   2,
                   "The login packet used to open the connection is structurally invalid; the connection has "
                   "been closed. Please contact the vendor of the client library.",
                   {},
                   1}},
                 {});
    return false;
  }
  const sim::SqlFault fault = faults_.draw(sim::SqlPoint::login, stop_.get());
  if (fault.kind == sim::SqlFault::Kind::hang) {
    wait_for_the_end();
    return false;
  }
  if (fault.kind == sim::SqlFault::Kind::refuse) {
    sim::SqlError error = fault.error;
    if (error.number == 18456) error.text = "Login failed for user '" + login->user + "'.";
    refuse_login({error}, login->user);
    return false;
  }
  const bool accepted = accept_login(*login, fault.kind == sim::SqlFault::Kind::lose_reply,
                                     fault.kind == sim::SqlFault::Kind::cut_reply);
  if (fault.kills) faults_.kill();
  return accepted;
}

std::optional<std::vector<sim::SqlError>> TdsConnection::check_login(const Login& login,
                                                                     sim::ServerLogin& who) const {
  if (login.tds_version < kOldestVersion) {
    return std::vector<sim::SqlError>{{17810, 20, 1, "This server speaks TDS 7.2 and later only.", {}, 1}};
  }
  if (login.integrated) {
    return std::vector<sim::SqlError>{{18452,
                                       14,
                                       1,
                                       "Login failed. The login is from an untrusted domain and cannot be "
                                       "used with Integrated authentication.",
                                       {},
                                       1}};
  }
  auto known = server_.authenticate(login.user, login.password);
  if (!known) return std::vector<sim::SqlError>{known.error()};
  if (!login.database.empty() && !server_.find_database(login.database)) {
    return std::vector<sim::SqlError>{
        {4060,
         11,
         1,
         "Cannot open database \"" + login.database + "\" requested by the login. The login failed.",
         {},
         1},
        sim::errors::login_failed(login.user)};
  }
  who = std::move(*known);
  return std::nullopt;
}

bool TdsConnection::accept_login(const Login& login, bool lose_reply, bool cut_reply) {
  sim::ServerLogin who;
  if (const auto errors = check_login(login, who)) {
    refuse_login(*errors, login.user);
    return false;
  }
  sim::SessionInfo info;
  info.host_name = login.host_name;
  info.program_name = login.app_name;
  session_ = std::make_unique<sim::TsqlSession>(server_, std::move(who), info);
  session_->set_commit_gate(
      [this] { return faults_.decide_commit(*stop_, true, session_->state().login.name); });
  sim::SessionState& state = session_->state();
  if (const auto database =
          server_.find_database(login.database.empty() ? state.login.default_database : login.database)) {
    state.database = database->name;
    server_.set_session_database(state.id, state.database);
  }
  faults_.log(sim::SqlPoint::login, "ok", login.user);
  channel_.set_spid(state.id);
  LoginAnswer answer;
  answer.database = state.database;
  answer.tds_version = std::min(login.tds_version, kNewestVersion);
  answer.packet_size = static_cast<std::uint32_t>(agreed_packet_size(login.packet_size));
  answer.utf8 = login.features.contains(kUtf8Feature);
  ByteWriter out;
  write_login_answer(out, identity_, answer);
  if (lose_reply) return false;
  if (cut_reply) return channel_.write_half(kReplyPacket, out.bytes()), false;
  const bool sent = channel_.write_message(kReplyPacket, out.bytes());
  channel_.set_packet_size(answer.packet_size);
  return sent;
}

void TdsConnection::refuse_login(const std::vector<sim::SqlError>& errors, const std::string& user) {
  faults_.log(sim::SqlPoint::login, std::to_string(errors.front().number), user);
  ByteWriter out;
  for (sim::SqlError error : errors) {
    error.line = 1;
    write_message(out, error, identity_.server_name);
  }
  write_done(out, kDoneToken, kDoneError);
  channel_.write_message(kReplyPacket, out.bytes());
}

bool TdsConnection::acknowledge_attention() {
  ByteWriter out;
  write_done(out, kDoneToken, kDoneAttention);
  return channel_.write_message(kReplyPacket, out.bytes());
}

void TdsConnection::wait_for_the_end() {
  while (channel_.read_message()) {
  }
}

bool TdsConnection::answer(const TdsMessage& request) {
  const sim::SqlFault fault = faults_.draw(sim::SqlPoint::query, stop_.get());
  if (fault.kind == sim::SqlFault::Kind::hang) {
    wait_for_the_end();
    return false;
  }
  TokenSink sink(identity_, request.type == kRpcPacket);
  if ((request.status & kResetConnection) != 0) {
    session_->reset();
    sink.reset_acknowledged();
  }
  if (fault.kind == sim::SqlFault::Kind::refuse) {
    sink.message(fault.error);
    sink.done(true, std::nullopt);
    sink.finish_batch();
    return channel_.write_message(kReplyPacket, sink.bytes());
  }
  // The batch runs beside this thread, which meanwhile looks for an attention or the end of the connection.
  stop_ = std::make_shared<StopFlag>();
  auto running = std::async(std::launch::async, [&] { return execute(request, sink); });
  bool attention = false;
  bool gone = false;
  while (running.wait_for(std::chrono::milliseconds(2)) != std::future_status::ready) {
    if (gone || attention || !channel_.wait_readable(5)) continue;
    const auto interruption = channel_.read_message();
    attention = interruption && interruption->type == kAttentionPacket;
    gone = !attention;
    stop_->request();
  }
  const bool alive = running.get();
  faults_.log(sim::SqlPoint::query, sink.outcome(), session_->state().login.name);
  if (fault.kills) faults_.kill();
  if (!alive || gone || fault.kind == sim::SqlFault::Kind::lose_reply) return false;
  if (fault.kind == sim::SqlFault::Kind::cut_reply)
    return channel_.write_half(kReplyPacket, sink.bytes()), false;
  if (attention) return acknowledge_attention();
  return channel_.write_message(kReplyPacket, sink.bytes());
}

bool TdsConnection::execute(const TdsMessage& request, TokenSink& sink) {
  try {
    bool alive = true;
    if (request.type == kBatchPacket) {
      alive = session_->run_batch(parse_sql_batch(request.payload), sink, stop_);
      sink.finish_batch();
    } else if (request.type == kRpcPacket) {
      for (RpcCall& call : parse_rpc(request.payload)) alive = alive && run_rpc(std::move(call), sink);
    } else if (request.type == kTransactionPacket) {
      alive = run_transaction(parse_transaction_request(request.payload), sink);
      sink.finish_batch();
    } else {
      return false;
    }
    return alive;
  } catch (const MalformedMessage&) {
    return false;  // a real server says 4002 and ends the connection, too
  }
}

bool TdsConnection::run_transaction(const TransactionRequest& request, TokenSink& sink) {
  bool alive = true;
  switch (request.type) {
    case 5:
      return session_->begin(sink);
    case 7:
      alive = session_->commit(sink);
      break;
    case 8:
      alive = session_->rollback(sink);
      break;
    default:
      sink.message(
          {3989,
           16,
           1,
           "New request is not allowed to start because it should come with valid transaction descriptor.",
           {},
           1});
      sink.done(true, std::nullopt);
      return true;
  }
  return alive && (!request.begin_another || session_->begin(sink));
}

bool TdsConnection::run_rpc(RpcCall call, TokenSink& sink) {
  std::vector<TokenSink::ReturnValue> outputs;
  std::int64_t status = 0;
  bool alive = true;
  if (call.procedure_id >= 11) {
    alive = prepared_call(call, sink, outputs, status);
  } else {
    alive = session_->call(call.name, call.args, sink, stop_, status);
    for (const sim::ProcedureArgument& arg : call.args)
      if (arg.output) outputs.push_back({arg.name, arg.value});
  }
  sink.finish_procedure(status, outputs);
  return alive;
}

// sp_prepare (11), sp_execute (12), sp_prepexec (13), sp_unprepare (15): handles live as long as the
// connection.
bool TdsConnection::prepared_call(RpcCall& call, TokenSink& sink,
                                  std::vector<TokenSink::ReturnValue>& outputs, std::int64_t& status) {
  std::vector<sim::ProcedureArgument>& args = call.args;
  const auto fail = [&](sim::SqlError error) {
    status = error.number;
    sink.message(error);
    sink.done(true, std::nullopt);
    return true;
  };
  const bool prepares = call.procedure_id == 11 || call.procedure_id == 13;
  if (args.size() < (prepares ? 3U : 1U)) return fail(sim::errors::unknown_procedure(call.name.text()));
  std::int64_t handle = sim::as_integer(args[0].value.value);
  if (prepares) {
    handle = next_handle_++;
    prepared_[handle] = {args[1].value, args[2].value};
    outputs.push_back({args[0].name, {sim::integer(), sim::Value{handle}}});
    if (call.procedure_id == 11) return true;
  }
  const auto found = prepared_.find(handle);
  if (found == prepared_.end()) {
    return fail({8179,
                 16,
                 1,
                 "Could not find prepared statement with handle " + std::to_string(handle) + ".",
                 {},
                 1});
  }
  if (call.procedure_id == 15) {
    prepared_.erase(found);
    return true;
  }
  if (call.procedure_id != 12 && call.procedure_id != 13)
    return fail(sim::errors::unknown_procedure(call.name.text()));
  std::vector<sim::ProcedureArgument> inner{{{}, found->second.statement, true, false},
                                            {{}, found->second.declaration, true, false}};
  inner.insert(inner.end(), args.begin() + (prepares ? 3 : 1), args.end());
  const bool alive = session_->call({{"sp_executesql"}}, inner, sink, stop_, status);
  for (std::size_t i = 2; i < inner.size(); ++i)
    if (inner[i].output) outputs.push_back({inner[i].name, inner[i].value});
  return alive;
}

}  // namespace keyturn::lab
