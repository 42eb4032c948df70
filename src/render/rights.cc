#include "render/rights.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace keyturn::render {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

std::vector<std::string> placeholders_of(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1))
    names.push_back(text.substr(at + 1, text.find('}', at) - at - 1));
  return names;
}

std::size_t count_of(const RightValues& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? 0 : found->second.size();
}

// How often the text is there: as often as the placeholder with most values; not at all where one has none.
std::size_t repetitions(const std::string& text, const RightValues& values) {
  std::size_t most = 1;
  for (const std::string& name : placeholders_of(text)) {
    const std::size_t count = count_of(values, name);
    if (count == 0) return 0;
    most = std::max(most, count);
  }
  return most;
}

std::string filled(const std::string& text, const RightValues& values, std::size_t turn) {
  std::string done;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = std::min(text.find('{', at), text.size());
    done.append(text, at, open - at);
    if (open == text.size()) break;
    const std::size_t close = text.find('}', open);
    const Texts& all = values.at(text.substr(open + 1, close - open - 1));
    const std::string& value = all[std::min(turn, all.size() - 1)];
    if (value.starts_with("arn:")) return value;
    done += value;
    at = close + 1;
  }
  return done;
}

// A tag's value may hold EC2's wildcards.
std::string operator_for(const std::string& op, const std::string& value) {
  return op == "StringEquals" && value.find_first_of("*?") != std::string::npos ? "StringLike" : op;
}

// Into `right`; false where one of the row's can't be filled.
bool fill_conditions(Right& right, const Right& row, const RightValues& values) {
  for (const RightCondition& condition : row.conditions) {
    const std::size_t count = repetitions(condition.key + condition.value, values);
    if (count == 0) return false;
    for (std::size_t turn = 0; turn < count; ++turn) {
      const std::string value = filled(condition.value, values, turn);
      right.conditions.push_back(
          {placeholders_of(condition.value).empty() ? condition.op : operator_for(condition.op, value),
           filled(condition.key, values, turn), value});
    }
  }
  return true;
}

Json one_or_many(const Texts& texts) { return texts.size() == 1 ? Json(texts.front()) : Json(texts); }

Json statement_json(const Right& right) {
  Json statement{{"Sid", right.sid},
                 {"Effect", right.allow ? "Allow" : "Deny"},
                 {"Action", one_or_many(right.actions)},
                 {"Resource", one_or_many(right.resources)}};
  for (const RightCondition& condition : right.conditions)
    statement["Condition"][condition.op][condition.key] = condition.value;
  return statement;
}

}  // namespace

const char* to_string(Role role) {
  switch (role) {
    case Role::controller:
      return "controller";
    case Role::host:
      return "host";
    case Role::backup_user:
      return "backup-user";
  }
  return "?";
}

const char* to_string(Need need) {
  switch (need) {
    case Need::always:
      return "always";
    case Need::instances:
      return "instances";
    case Need::ssm:
      return "ssm";
    case Need::direct:
      return "direct";
    case Need::kms:
      return "kms";
    case Need::functions:
      return "functions";
    case Need::vpc:
      return "vpc";
    case Need::package:
      return "package";
    case Need::rotate_login:
      return "rotate-login";
    case Need::proof_backup:
      return "proof-backup";
    case Need::restore:
      return "restore";
  }
  return "?";
}

std::vector<Right> filled_rights(Role role, const std::set<Need>& needs, const RightValues& values) {
  std::vector<Right> rights;
  for (const Right& row : rights_table()) {
    if (row.role != role || !needs.contains(row.need)) continue;
    Right right = row;
    right.resources.clear();
    right.conditions.clear();
    for (const std::string& resource : row.resources)
      for (std::size_t turn = 0; turn < repetitions(resource, values); ++turn)
        right.resources.push_back(filled(resource, values, turn));
    if (!right.resources.empty() && fill_conditions(right, row, values)) rights.push_back(std::move(right));
  }
  return rights;
}

std::string rights_json(const std::vector<Right>& rights) {
  Json list = Json::array();
  for (const Right& right : rights)
    list.push_back({{"role", to_string(right.role)},
                    {"need", to_string(right.need)},
                    {"why", right.why},
                    {"statement", statement_json(right)}});
  return list.dump(2) + "\n";
}

std::string policy_json(const std::vector<Right>& rights) {
  Json statements = Json::array();
  for (const Right& right : rights) statements.push_back(statement_json(right));
  return Json{{"Version", "2012-10-17"}, {"Statement", statements}}.dump(2) + "\n";
}

}  // namespace keyturn::render
