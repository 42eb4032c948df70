// Where the lab's hosts find credentials: EC2 instance metadata, version 2 only, and the endpoint that ECS
// and EKS give to containers. Facts: EC2 User Guide, "Use IMDSv2"; AWS SDKs, "Container credential provider".
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "lab/http_message.h"
#include "sim/world.h"

namespace keyturn::lab {

enum class CredentialSource { instance_metadata, container };
const char* to_string(CredentialSource source);  // "imds", "container"

// One server for all hosts, each below a path of its own: /INSTANCE-ID/latest/… and /INSTANCE-ID/credentials.
// Thread-safe. The world must outlive it.
class MetadataService {
 public:
  struct Settings {
    std::string role;  // of the world's IAM; its session is named like the instance
    std::string region;
    // Of credentials. New ones are handed out when less than a third of it is left.
    Duration lifetime = std::chrono::hours{1};
  };
  MetadataService(sim::World& world, Settings settings) : world_(world), settings_(std::move(settings)) {}

  void set_endpoint(std::string url) { endpoint_ = std::move(url); }  // "http://127.0.0.1:PORT"; before add()
  // Lets the host in, and says what stands in the environment of its processes. The container's token is
  // written to `token_file`: the environment has only the file's name.
  Result<std::map<std::string, std::string>> add(const std::string& instance_id, CredentialSource source,
                                                 const std::filesystem::path& token_file);

  net::HttpResponse handle(const IncomingRequest& request);

 private:
  struct Guest {
    CredentialSource source = CredentialSource::instance_metadata;
    std::string container_token;
    std::map<std::string, TimePoint> session_tokens;  // of IMDSv2, until when
    std::optional<sim::SessionCredentials> credentials;
    TimePoint renewed_at;
  };
  net::HttpResponse answer(const std::string& id, Guest& guest, const IncomingRequest& request,
                           const std::string& path);
  net::HttpResponse instance_metadata(const std::string& id, Guest& guest, const std::string& path);
  net::HttpResponse new_session_token(Guest& guest, const IncomingRequest& request);
  net::HttpResponse credentials(const std::string& id, Guest& guest);

  sim::World& world_;
  const Settings settings_;
  std::string endpoint_;
  std::mutex mutex_;
  std::map<std::string, Guest> guests_;
};

}  // namespace keyturn::lab
