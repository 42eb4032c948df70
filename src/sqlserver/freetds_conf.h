// The one way to make FreeTDS check certificates: its ODBC driver takes no such keyword in a connection
// string, only settings of a section of freetds.conf.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::sqlserver {

struct FreetdsServer {
  std::string host;
  std::uint16_t port = 1433;
  Duration timeout{};             // for connecting and for each answer
  std::string ca_file;            // PEM; empty: the system's CAs
  bool check_certificate = true;  // off: encrypted, but anybody's certificate will do
  bool check_name = true;         // off: whatever name the certificate is made out to
};

// A freetds.conf of our own, mode 0600 in a private folder that goes with this object, with a section for
// each connection that is being made: FreeTDS reads it at the start of every connect, so that it never grows
// with the fleet. FreeTDS finds it by FREETDSCONF in the environment, so that there is one for the whole
// process, shared by all who need it. Thread-safe, but for the setting of that variable: the first must be
// made before other threads read the environment.
class FreetdsConf {
 public:
  static Result<std::shared_ptr<FreetdsConf>> shared();
  ~FreetdsConf();
  FreetdsConf(const FreetdsConf&) = delete;
  FreetdsConf& operator=(const FreetdsConf&) = delete;

  // Keeps the section in the file while it lives.
  class Section {
   public:
    Section(FreetdsConf& conf, std::string name) : conf_(&conf), name_(std::move(name)) {}
    Section(Section&& other) noexcept
        : conf_(std::exchange(other.conf_, nullptr)), name_(std::move(other.name_)) {}
    Section& operator=(Section&&) = delete;
    ~Section();
    [[nodiscard]] const std::string& name() const { return name_; }

   private:
    FreetdsConf* conf_;
    std::string name_;
  };
  Result<Section> add(const FreetdsServer& server);

 private:
  explicit FreetdsConf(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] bool write_locked() const;

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::uint64_t last_number_ = 0;
  std::map<std::string, std::string> sections_;  // name to text
};

}  // namespace keyturn::sqlserver
