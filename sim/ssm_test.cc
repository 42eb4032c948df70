#include "sim/ssm.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

using namespace std::chrono_literals;

// Answers two seconds after it was started with what it was given to run.
class EchoAgent final : public Agent {
 public:
  explicit EchoAgent(const Clock& clock) : clock_(clock) {}
  void start(const AgentJob& job) override {
    jobs.push_back(job);
    due_[job.instance_id] = clock_.now() + 2s;
  }
  std::optional<AgentResult> poll(const std::string& /*command*/, const std::string& instance) override {
    if (hangs || clock_.now() < due_.at(instance)) return std::nullopt;
    return AgentResult{exit_code, jobs.back().script, exit_code == 0 ? "" : "sorry"};
  }
  void kill(const std::string& /*command*/, const std::string& /*instance*/) override { ++killed; }

  std::vector<AgentJob> jobs;
  int exit_code = 0;
  bool hangs = false;
  int killed = 0;

 private:
  const Clock& clock_;
  std::map<std::string, TimePoint> due_;
};

std::string document_of(const std::string& parameters, const std::string& lines) {
  return R"({"schemaVersion": "2.2", "parameters": {)" + parameters +
         R"(}, "mainSteps": [{"name": "run", "action": "aws:runShellScript", "inputs": {"timeoutSeconds": "60",)"
         R"("runCommand": [)" +
         lines + "]}}]}";
}

class SsmTest : public testing::Test {
 protected:
  SsmTest() {
    ssm_.set_agent(agent_);
    for (int i = 0; i < 3; ++i) add_node("mi-0000000000000000" + std::to_string(i));
    EXPECT_TRUE(ssm_.create_document(
        "Echo", "Command",
        document_of(R"("Word": {"type": "String", "default": "hi"})", R"("echo {{ Word }}")")));
  }
  void add_node(const std::string& id) {
    ManagedNode node;
    node.id = id;
    node.tags = {{"SQL", "2022"}};
    ids_.push_back(id);
    ssm_.put_node(std::move(node));
  }
  SendRequest to(std::vector<std::string> ids) {
    SendRequest request;
    request.document = "Echo";
    request.instance_ids = std::move(ids);
    return request;
  }
  Reply<Command> send_with(const std::string& parameters, ParameterValues values) {
    const std::string name = "Doc" + std::to_string(++documents_);
    EXPECT_TRUE(ssm_.create_document(name, "Command", document_of(parameters, R"("true")")));
    SendRequest request = to({ids_[0]});
    request.document = name;
    request.parameters = std::move(values);
    return ssm_.send_command(request);
  }
  Command state_of(const std::string& id) { return ssm_.list_commands(id, {}).value().items.at(0); }
  std::string code_of(const Reply<Command>& reply) { return reply ? "" : reply.error().code; }

  VirtualClock clock_{parse_iso8601("2026-03-01T12:00:00Z").value()};
  SeededRandom random_{3};
  Ec2 ec2_{clock_, random_};
  Ssm ssm_{clock_, random_, ec2_};
  std::shared_ptr<EchoAgent> agent_ = std::make_shared<EchoAgent>(clock_);
  std::vector<std::string> ids_;
  int documents_ = 0;
};

TEST_F(SsmTest, ACommandRunsOnEachNodeAndEnds) {
  const auto sent = ssm_.send_command(to(ids_));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->state, CommandState::pending);
  EXPECT_EQ(ssm_.get_invocation(sent->id, ids_[0]).error().code, "InvocationDoesNotExist");
  clock_.advance(1s);
  EXPECT_EQ(ssm_.get_invocation(sent->id, ids_[0])->step.response_code, -1);
  EXPECT_EQ(state_of(sent->id).state, CommandState::in_progress);
  clock_.advance(2s);
  const auto view = ssm_.get_invocation(sent->id, ids_[0]);
  EXPECT_EQ(view->step.out, "echo hi");
  EXPECT_EQ(view->step.response_code, 0);
  EXPECT_EQ(state_of(sent->id).state, CommandState::success);
  EXPECT_EQ(state_of(sent->id).completed_count, 3);
}

TEST_F(SsmTest, ParametersAreCheckedAsTheAgentDoes) {
  const std::string loose = R"("P": {"type": "String", "allowedPattern": "[a-z]+"})";
  EXPECT_EQ(code_of(send_with(loose, {{"P", {"1; rm -rf a"}}})), "") << "an unanchored pattern is a search";
  const std::string strict =
      R"("P": {"type": "String", "allowedPattern": "^[a-z]+$", "minChars": 2, "maxChars": 3})";
  EXPECT_EQ(code_of(send_with(strict, {{"P", {"abc"}}})), "");
  for (const ParameterValues& bad : std::vector<ParameterValues>{{},
                                                                 {{"P", {"1"}}},
                                                                 {{"P", {"a"}}},
                                                                 {{"P", {"abcd"}}},
                                                                 {{"P", {"ab", "cd"}}},
                                                                 {{"P", {"ab"}}, {"Q", {"x"}}}})
    EXPECT_EQ(code_of(send_with(strict, bad)), "InvalidParameters");
  const std::string choice = R"("P": {"type": "String", "allowedValues": ["on", "off"]})";
  EXPECT_EQ(code_of(send_with(choice, {{"P", {"off"}}})), "");
  EXPECT_EQ(code_of(send_with(choice, {{"P", {"of"}}})), "InvalidParameters");
  const std::string list = R"("P": {"type": "StringList", "allowedPattern": "^[a-z]$", "default": []})";
  EXPECT_EQ(code_of(send_with(list, {{"P", {"a", "b"}}})), "");
  EXPECT_EQ(code_of(send_with(list, {{"P", {"a", "B"}}})), "InvalidParameters");
}

TEST_F(SsmTest, ListsAreLinesOfTheirOwnOrJson) {
  const std::string content = document_of(R"("L": {"type": "StringList", "default": ["a", "b"]})",
                                          R"("{{ L }}", "x='{{L}}' {{ Other }}")");
  const auto document = parse_command_document(content);
  ASSERT_TRUE(document) << document.error().message;
  const auto values = resolve_parameters(*document, {});
  EXPECT_EQ(script_of(document->steps[0], *document, *values), "a\nb\nx='[\"a\",\"b\"]' {{ Other }}");
}

TEST_F(SsmTest, OneUnknownIdFailsTheWholeCall) {
  EXPECT_EQ(code_of(ssm_.send_command(to({ids_[0], "mi-99999999999999999"}))), "InvalidInstanceId");
  EXPECT_EQ(code_of(ssm_.send_command(to({ids_[0], ids_[0]}))), "DuplicateInstanceId");
  EXPECT_TRUE(ssm_.commands().empty());
}

TEST_F(SsmTest, RequestsOutOfRangeAreRefused) {
  SendRequest request = to({ids_[0]});
  request.timeout = 29s;
  EXPECT_EQ(code_of(ssm_.send_command(request)), "ValidationException");
  EXPECT_EQ(code_of(ssm_.send_command(to(std::vector<std::string>(51, ids_[0])))), "ValidationException");
  EXPECT_EQ(code_of(ssm_.send_command(to({}))), "InvalidParameters");
  for (const char* share : {"0", "101%", "ten", "5 %", ""}) {
    request = to({ids_[0]});
    request.max_concurrency = share;
    EXPECT_EQ(code_of(ssm_.send_command(request)), "ValidationException") << share;
  }
}

TEST_F(SsmTest, DocumentsHaveVersionsAndADefault) {
  const std::string second = document_of("", R"("echo second")");
  const auto updated = ssm_.update_document("Echo", second);
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->versions.size(), 2U);
  EXPECT_EQ(updated->default_version, 1);
  EXPECT_EQ(ssm_.update_document("Echo", second).error().code, "DuplicateDocumentContent");
  EXPECT_EQ(ssm_.create_document("Echo", "Command", second).error().code, "DocumentAlreadyExists");
  EXPECT_EQ(ssm_.create_document("Bad", "Command", "{}").error().code, "InvalidDocumentContent");
  const auto runs = [&](const std::string& version, const std::string& hash = "") {
    SendRequest request = to({ids_[0]});
    request.document_version = version;
    request.document_hash = hash;
    const auto sent = ssm_.send_command(request);
    return sent ? sent->document_version : sent.error().code;
  };
  EXPECT_EQ(runs(""), "1");
  EXPECT_EQ(runs("$LATEST"), "2");
  EXPECT_EQ(runs("3"), "InvalidDocumentVersion");
  EXPECT_EQ(runs("2", updated->versions[1].hash), "2");
  EXPECT_EQ(runs("1", updated->versions[1].hash), "InvalidDocument");
  ASSERT_TRUE(ssm_.update_default_version("Echo", "2"));
  EXPECT_EQ(runs("$DEFAULT"), "2");
  ASSERT_TRUE(ssm_.delete_document("Echo"));
  EXPECT_EQ(runs(""), "InvalidDocument");
}

TEST_F(SsmTest, AStepForAnotherPlatformIsASuccessWithoutOutput) {
  std::string content = document_of("", R"("true")");
  content.insert(content.find("\"action\""),
                 R"("precondition": {"StringEquals": ["platformType", "Windows"]}, )");
  ASSERT_TRUE(ssm_.create_document("Windows", "Command", content));
  SendRequest request = to({ids_[0]});
  request.document = "Windows";
  const auto sent = ssm_.send_command(request);
  clock_.advance(1s);
  const auto view = ssm_.get_invocation(sent->id, ids_[0]);
  EXPECT_EQ(view->of.invocation.state, CommandState::success);
  EXPECT_EQ(view->step.response_code, 0);
  EXPECT_EQ(view->step.out, "");
  EXPECT_TRUE(agent_->jobs.empty());
}

TEST_F(SsmTest, WhatIsNotPickedUpTimesOutAndIsNoError) {
  ssm_.set_ping(ids_[1], PingStatus::connection_lost);
  SendRequest request = to(ids_);
  request.timeout = 30s;
  const auto sent = ssm_.send_command(request);
  clock_.advance(31s);
  ssm_.advance();
  clock_.advance(3s);
  const Command command = state_of(sent->id);
  EXPECT_EQ(command.state, CommandState::delivery_timed_out);
  EXPECT_EQ(command.delivery_timed_out_count, 1);
  EXPECT_EQ(command.error_count, 0);
}

TEST_F(SsmTest, WhatTakesTooLongIsKilled) {
  agent_->hangs = true;
  const auto sent = ssm_.send_command(to({ids_[0]}));
  clock_.advance(61s);
  const auto view = ssm_.get_invocation(sent->id, ids_[0]);
  EXPECT_EQ(view->step.state, CommandState::execution_timed_out);
  EXPECT_EQ(view->step.response_code, 137);
  EXPECT_EQ(agent_->killed, 1);
}

TEST_F(SsmTest, AnAnswerThatCameInTimeCountsHoweverLateItIsAskedFor) {
  const auto sent = ssm_.send_command(to({ids_[0]}));
  clock_.advance(1h);
  EXPECT_EQ(ssm_.get_invocation(sent->id, ids_[0])->step.state, CommandState::success);
}

TEST_F(SsmTest, TheAgentOfAStoppedInstanceIsSilent) {
  const std::string id = ec2_.add_instance({{"SQL", "2022"}}, "10.0.0.1", "");
  add_node(id);
  ec2_.set_state(id, InstanceState::stopped);
  const auto nodes = ssm_.describe_instance_information({{"InstanceIds", {id}}});
  EXPECT_EQ(nodes->items.at(0).ping, PingStatus::connection_lost);
  const auto sent = ssm_.send_command(to({id}));
  clock_.advance(10s);
  EXPECT_EQ(ssm_.get_invocation(sent->id, id)->of.invocation.state, CommandState::pending);
}

TEST_F(SsmTest, MaxConcurrencyAndMaxErrorsHold) {
  agent_->exit_code = 1;
  SendRequest request = to(ids_);
  request.max_concurrency = "1";
  request.max_errors = "1";
  const auto sent = ssm_.send_command(request);
  for (int i = 0; i < 5; ++i) {
    ssm_.advance();
    clock_.advance(2s);
  }
  const auto invocations = ssm_.invocations(sent->id);
  EXPECT_EQ(invocations[0].state, CommandState::failed);
  EXPECT_EQ(invocations[1].state, CommandState::failed);
  EXPECT_EQ(invocations[2].state, CommandState::terminated);
  EXPECT_EQ(agent_->jobs.size(), 2U);
  EXPECT_NE(invocations[0].steps[0].err.find("exit status 1"), std::string::npos);
}

TEST_F(SsmTest, CancelEndsWhatRunsAndWhatWaits) {
  SendRequest request = to(ids_);
  request.max_concurrency = "1";
  const auto sent = ssm_.send_command(request);
  ASSERT_TRUE(ssm_.cancel_command(sent->id));
  clock_.advance(1s);
  EXPECT_EQ(state_of(sent->id).state, CommandState::cancelled);
  EXPECT_EQ(agent_->killed, 1);
  EXPECT_EQ(agent_->jobs.size(), 1U);
  EXPECT_EQ(ssm_.cancel_command("no-such-command").error().code, "InvalidCommandId");
}

TEST_F(SsmTest, TargetsByTagFillTheListGradually) {
  ssm_.set_times({1s, 2});
  SendRequest request = to({});
  request.targets = {{"tag:SQL", {"2022"}}};
  const auto sent = ssm_.send_command(request);
  EXPECT_EQ(sent->target_count, 0);
  clock_.advance(1s);
  EXPECT_EQ(state_of(sent->id).target_count, 2);
  clock_.advance(5s);
  EXPECT_EQ(state_of(sent->id).target_count, 3);
  EXPECT_EQ(state_of(sent->id).state, CommandState::success);
  request.targets = {{"tag:SQL", {"none"}}};
  EXPECT_TRUE(ssm_.send_command(request));
}

TEST_F(SsmTest, ListsComeInPages) {
  for (int i = 3; i < 9; ++i) add_node("mi-0000000000000000" + std::to_string(i));
  const auto sent = ssm_.send_command(to(ids_));
  clock_.advance(5s);
  std::vector<std::string> seen;
  std::string token;
  do {
    const auto page = ssm_.list_invocations(sent->id, "", 4, token);
    for (const auto& item : page->items) seen.push_back(item.invocation.instance_id);
    token = page->next_token;
  } while (!token.empty());
  EXPECT_EQ(seen, ids_);
  const auto nodes = ssm_.describe_instance_information({}, 5);
  EXPECT_EQ(nodes->items.size(), 5U);
  EXPECT_EQ(ssm_.describe_instance_information({}, 5, nodes->next_token)->items.size(), 4U);
  EXPECT_FALSE(ssm_.describe_instance_information({}, 51));
  EXPECT_FALSE(ssm_.describe_instance_information({{"tag:SQL", {"2022"}}, {"PingStatus", {"Online"}}}));
}

TEST_F(SsmTest, CommandsAreListedNewestFirstByTheirFilters) {
  const auto first = ssm_.send_command(to({ids_[0]}));
  clock_.advance(1min);
  const auto second = ssm_.send_command(to({ids_[0]}));
  const auto all = ssm_.list_commands("", {{"DocumentName", {"Echo"}}});
  ASSERT_EQ(all->items.size(), 2U);
  EXPECT_EQ(all->items[0].id, second->id);
  const auto later = ssm_.list_commands("", {{"InvokedAfter", {"2026-03-01T12:00:30Z"}}});
  ASSERT_EQ(later->items.size(), 1U);
  const auto page = ssm_.list_commands("", {}, 1);
  EXPECT_EQ(ssm_.list_commands("", {}, 1, page->next_token)->items.at(0).id, first->id);
}

}  // namespace
}  // namespace keyturn::sim
