// Systems Manager, API version 2014-11-06: JSON 1.1. Documents here, commands in aws_ssm_commands.cc.
#include "sim/aws_ssm.h"

#include <map>

namespace keyturn::sim {
namespace {

using nlohmann::json;

json description_of(const SsmDocument& document, const SsmDocument::Version& version) {
  json reply{{"Name", document.name},
             {"DocumentType", document.type},
             {"DocumentFormat", "JSON"},
             {"DocumentVersion", std::to_string(version.number)},
             {"DefaultVersion", std::to_string(document.default_version)},
             {"LatestVersion", std::to_string(document.versions.back().number)},
             {"SchemaVersion", document.type == "Command" ? "2.2" : "0.3"},
             {"Status", "Active"},
             {"Hash", version.hash},
             {"HashType", "Sha256"},
             {"CreatedDate", to_epoch_s(version.created_at)},
             {"Owner", "111122223333"},
             {"PlatformTypes", {"Windows", "Linux"}}};
  if (!document.target_type.empty()) reply["TargetType"] = document.target_type;
  return reply;
}

tl::unexpected<ServiceError> no_version() {
  return refuse("InvalidDocumentVersion", 400, "The document version is not valid or does not exist.");
}

Reply<void> check_format(const json& body) {
  if (body.value("DocumentFormat", "JSON") == "JSON") return {};
  return refuse("InvalidDocumentContent", 400, "Documents are taken in JSON only here.");
}

SsmAnswer create_document(const AwsCall& call, const json& body) {
  if (auto good = check_format(body); !good) return tl::unexpected(good.error());
  const auto made = call.world.ssm().create_document(body.at("Name"), body.value("DocumentType", "Command"),
                                                     body.at("Content"), body.value("TargetType", ""));
  if (!made) return tl::unexpected(made.error());
  return json{{"DocumentDescription", description_of(*made, made->versions.back())}};
}

SsmAnswer update_document(const AwsCall& call, const json& body) {
  if (auto good = check_format(body); !good) return tl::unexpected(good.error());
  const auto updated = call.world.ssm().update_document(body.at("Name"), body.at("Content"),
                                                        body.value("DocumentVersion", "$LATEST"));
  if (!updated) return tl::unexpected(updated.error());
  return json{{"DocumentDescription", description_of(*updated, updated->versions.back())}};
}

SsmAnswer update_default_version(const AwsCall& call, const json& body) {
  const auto updated = call.world.ssm().update_default_version(body.at("Name"), body.at("DocumentVersion"));
  if (!updated) return tl::unexpected(updated.error());
  return json{{"Description",
               {{"Name", updated->name}, {"DefaultVersion", std::to_string(updated->default_version)}}}};
}

SsmAnswer describe_document(const AwsCall& call, const json& body) {
  const auto document = call.world.ssm().document(body.at("Name"));
  if (!document) return tl::unexpected(document.error());
  const auto* version = document->version(body.value("DocumentVersion", ""));
  if (version == nullptr) return no_version();
  return json{{"Document", description_of(*document, *version)}};
}

SsmAnswer get_document(const AwsCall& call, const json& body) {
  const auto document = call.world.ssm().document(body.at("Name"));
  if (!document) return tl::unexpected(document.error());
  const auto* version = document->version(body.value("DocumentVersion", ""));
  if (version == nullptr) return no_version();
  return json{{"Name", document->name},
              {"DocumentVersion", std::to_string(version->number)},
              {"Status", "Active"},
              {"Content", version->content},
              {"DocumentType", document->type},
              {"DocumentFormat", "JSON"},
              {"CreatedDate", to_epoch_s(version->created_at)}};
}

SsmAnswer delete_document(const AwsCall& call, const json& body) {
  const auto done = call.world.ssm().delete_document(body.at("Name"));
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

// AWS's own documents are not here: every list is of those "owned by me".
SsmAnswer list_documents(const AwsCall& call, const json& body) {
  json names = json::array();
  const auto filters = ssm_filters(body, "Filters", "Key", "Values");
  for (const SsmDocument& document : call.world.ssm().documents()) {
    const auto passes = [&](const SsmFilter& filter) {
      if (filter.key == "Owner") return true;
      const std::string& own = filter.key == "DocumentType" ? document.type : document.name;
      return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& v) {
        return v == own || (filter.key == "Name" && own.starts_with(v));
      });
    };
    if (!std::all_of(filters.begin(), filters.end(), passes)) continue;
    json entry = description_of(document, *document.version(""));
    for (const char* member : {"DefaultVersion", "LatestVersion", "Status", "Hash", "HashType"})
      entry.erase(member);
    names.push_back(std::move(entry));
  }
  return json{{"DocumentIdentifiers", names}};
}

SsmOperation find_document_operation(const std::string& operation) {
  static const std::map<std::string, SsmOperation> kOperations{
      {"CreateDocument", create_document},
      {"UpdateDocument", update_document},
      {"UpdateDocumentDefaultVersion", update_default_version},
      {"DescribeDocument", describe_document},
      {"GetDocument", get_document},
      {"DeleteDocument", delete_document},
      {"ListDocuments", list_documents}};
  const auto found = kOperations.find(operation);
  return found == kOperations.end() ? nullptr : found->second;
}

// Commands, invocations and nodes are no resources of IAM's.
Reply<void> check_rights(const AwsCall& call, const json& body) {
  const auto name_in = [&](const char* member) {
    const std::string name = body.value(member, "");
    return name.starts_with("arn:") ? name.substr(name.find('/') + 1) : name;
  };
  std::string resource = "*";
  if (call.operation == "StartAutomationExecution")
    resource = arn_of(call, "ssm", "automation-definition/" + name_in("DocumentName") + ":$DEFAULT");
  else if (body.contains("DocumentName"))
    resource = arn_of(call, "ssm", "document/" + name_in("DocumentName"));
  else if (body.contains("Name"))
    resource = arn_of(call, "ssm", "document/" + name_in("Name"));
  return authorize(call, Protocol::json, "ssm", call.operation, resource);
}

}  // namespace

std::vector<SsmFilter> ssm_filters(const json& body, const char* member, const char* key,
                                   const char* values) {
  std::vector<SsmFilter> filters;
  for (const json& filter : body.value(member, json::array())) {
    const json& given = filter.at(values);
    filters.push_back({filter.at(key), given.is_array()
                                           ? given.get<std::vector<std::string>>()
                                           : std::vector<std::string>{given.get<std::string>()}});
  }
  return filters;
}

void add_token(json& reply, const std::string& next_token) {
  if (!next_token.empty()) reply["NextToken"] = next_token;
}

Reply<net::HttpResponse> serve_ssm(const AwsCall& call) {
  SsmOperation operation = find_document_operation(call.operation);
  if (operation == nullptr) operation = find_command_operation(call.operation);
  if (operation == nullptr) operation = find_automation_operation(call.operation);
  if (operation == nullptr) return tl::unexpected(unknown_operation(Protocol::json, call.operation));
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object())
    return refuse("SerializationException", 400, "The request body is not a JSON object.");
  try {
    if (auto may = check_rights(call, body); !may) return tl::unexpected(may.error());
    const SsmAnswer answer = operation(call, body);
    if (!answer) return tl::unexpected(answer.error());
    return net::HttpResponse{200,
                             {{"Content-Type", "application/x-amz-json-1.1"}},
                             answer->dump(-1, ' ', false, json::error_handler_t::replace)};
  } catch (const json::exception& error) {
    return refuse("ValidationException", 400, error.what());
  }
}

}  // namespace keyturn::sim
