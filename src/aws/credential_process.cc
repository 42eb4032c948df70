#include "aws/credential_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aws/credential_parts.h"

namespace keyturn::aws {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 300));
}

bool has_version_1(const std::string& output) {
  const auto object = nlohmann::json::parse(output, nullptr, false);
  return object.is_object() && object.value("Version", nlohmann::json()) == 1;
}

}  // namespace

Result<Credentials> run_credential_process(const std::string& command_line, std::chrono::milliseconds limit) {
  auto outcome = run_program(command_line, limit);
  if (!outcome) return fail(outcome.error());
  const std::string name = "The credential_process " + outcome->program;
  std::string why;
  if (outcome->too_slow)
    why = fmt::format("{} took longer than {}.", name, format_duration(limit));
  else if (!outcome->succeeded)
    why = fmt::format("{} failed: {}", name, first_line(outcome->errors));
  else if (!has_version_1(outcome->output))
    why = name + " did not print JSON with \"Version\": 1.";
  if (!why.empty()) {
    wipe_memory(outcome->output.data(), outcome->output.size());
    return fail(ErrorKind::credentials, why);
  }
  return parse_credentials_json(outcome->output, name);
}

}  // namespace keyturn::aws
