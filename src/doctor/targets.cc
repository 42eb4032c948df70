#include "doctor/targets.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "sqlserver/target_snapshot.h"

namespace keyturn::doctor {
namespace {

using rotation::Standing;
using rotation::TargetState;

constexpr int kFirstMajorWithS3 = 16;  // SQL Server 2022

struct Obstacle {
  std::string_view words;
  const char* check;
  const char* mend;
};
constexpr const char* kStartService =
    "Start the service (Windows: SQL Server Configuration Manager; Linux: `sudo systemctl start "
    "mssql-server`); it "
    "gets the key at the next run.";
constexpr const char* kOpenPath =
    "Is the service started, TCP/IP enabled in SQL Server Configuration Manager, the port the right one, and "
    "open in security groups and the host's firewall? `Test-NetConnection HOST -Port PORT` tells from "
    "Windows, `nc -vz HOST PORT` from Linux.";
constexpr std::array kObstacles{
    Obstacle{"The service ", "target.service", kStartService},
    Obstacle{"could not be logged in to over an encrypted connection", "target.encryption",
             "Name the target's host as its certificate does, and the CA by sql.ca_file (Microsoft's "
             "drivers: one that "
             "the system trusts)."},
    Obstacle{"refused the login", "target.login",
             "`keyturn render sql-login` prints the T-SQL that makes the login; its password is the one in "
             "sql_password_secret."},
    Obstacle{"does not take this kind of login", "target.login",
             "In SQL Server: SERVERPROPERTY('IsIntegratedSecurityOnly') must be 0 for a SQL login; change it "
             "in the "
             "server's properties, Security, and restart it."},
    Obstacle{"does not let the login open", "target.login", "In master: GRANT CONNECT to the login's user."},
    Obstacle{"can't be shown this machine's Windows account", "target.login",
             "Connect to the host itself, or use a SQL login: `keyturn render sql-login`."},
    Obstacle{"can't be reached: ", "target.connection", kOpenPath},
    Obstacle{"can't be connected to", "target.connection", kOpenPath},
    Obstacle{"did not complete the login in time", "target.connection", kOpenPath},
    Obstacle{"did not answer in time", "target.connection", kOpenPath},
    Obstacle{"broke before the answer was complete", "target.connection", kOpenPath},
};
// What the server, its host or Systems Manager says is all that is known.
constexpr Obstacle kHost{
    "", "target.host",
    "Mend what it says. Over Systems Manager the console's Run Command, Command history, "
    "has all that the host printed, and `keyturn render policy host` is what its role "
    "must allow."};

const Obstacle& obstacle(std::string_view sentence) {
  for (const Obstacle& known : kObstacles)
    if (sentence.find(known.words) != sentence.npos) return known;
  return kHost;
}

int major_of(const std::string& version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

// "… As an administrator of it: GRANT …;" into the two.
Finding rights_finding(const TargetState& target, const std::string& sentence, Verdict verdict) {
  constexpr std::string_view kMark = " As an administrator of it: ";
  const std::size_t at = sentence.find(kMark);
  const std::string mend = at == sentence.npos ? "" : sentence.substr(at + kMark.size());
  return {"target.rights", target.name, verdict, sentence.substr(0, at),
          mend.empty() ? mend : "In SQL Server: `" + mend + "`"};
}

Finding left_out(const TargetState& target) {
  const std::string& name = target.name;
  constexpr const char* kLeaveOut = "Upgrade it to SQL Server 2022 or later, or take it out of the fleet.";
  if (!target.product_version.empty() && major_of(target.product_version) < kFirstMajorWithS3)
    return warning("target.version", name, target.reason, kLeaveOut);
  if (!target.product_version.empty())
    return warning("target.edition", name, target.reason, "Change its edition, or take it out of the fleet.");
  if (target.reason.starts_with("This is a passive node")) return ok("target.service", name, target.reason);
  return warning("target.service", name, target.reason, kStartService);
}

Finding warned(const TargetState& target, const std::string& text) {
  if (text.starts_with("The login")) return rights_finding(target, text, Verdict::warning);
  if (text.starts_with("Its clock"))
    return {"target.clock", target.name,
            text.find(sqlserver::kClockBreaksBackups) == text.npos ? Verdict::warning : Verdict::failed, text,
            "On the host: `w32tm /resync` (Windows), `sudo chronyc makestep` (Linux)."};
  return warning("target.shadowing", target.name, text,
                 "Manage it too, in bucket_urls or credential_patterns, or DROP CREDENTIAL it.");
}

void judge_readable(const TargetState& target, Findings& findings) {
  if (target.standing == Standing::read_only)
    findings.push_back(rights_finding(target, target.reason, Verdict::failed));
  for (const std::string& text : target.warnings) findings.push_back(warned(target, text));
  for (const rotation::CredentialState& credential : target.credentials)
    if (credential.exists && credential.marker_key && !credential.confirmed_on(*credential.marker_key))
      findings.push_back(
          warning("target.marker", target.name,
                  fmt::format("The credential {} was altered after keyturn had written it.", credential.name),
                  "`keyturn reconcile` brings it back to the key in force."));
}

}  // namespace

const char* obstacle_in(std::string_view sentence) { return obstacle(sentence).check; }

Findings judge_target(const TargetState& target, const Knowledge& known) {
  if (known.told.contains(target.reason))
    return {skipped("target", target.name, "It was not asked: see above why its machine can't be reached.")};
  if (target.standing == Standing::skipped) return {left_out(target)};
  if (target.standing == Standing::unreachable) {
    const Obstacle& stands = obstacle(target.reason);
    return {failed(stands.check, target.name, target.reason, stands.mend)};
  }
  Findings findings;
  judge_readable(target, findings);
  if (findings.empty())
    findings.push_back(
        ok("target", target.name,
           fmt::format("SQL Server {}, {}: reached over TLS, and the login may do all it must.",
                       target.product_version, target.edition)));
  return findings;
}

Findings examine_targets(const Scene& scene, const Knowledge& known, setup::Wiring& wiring) {
  if (!known.urls || !known.has_login || !known.state)
    return {skipped("targets", scene.rotation.name, "They are not asked without the secrets above.")};
  if (!known.has_document)
    return {skipped("targets", scene.rotation.name, "The hosts can't be asked without the document above.")};
  const auto wired = wiring.wire_fleet(scene.rotation);
  if (!wired) return {failed("targets", scene.rotation.name, wired.error())};
  const auto targets = (*wired)->fleet().observe();
  if (!targets) return {failed("targets", scene.rotation.name, targets.error())};
  Findings findings;
  for (const TargetState& target : *targets) {
    Findings some = judge_target(target, known);
    findings.insert(findings.end(), some.begin(), some.end());
  }
  return findings;
}

}  // namespace keyturn::doctor
