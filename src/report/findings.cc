#include "report/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace keyturn::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kVerdicts{Verdict::failed, Verdict::warning, Verdict::skipped, Verdict::ok};

std::size_t count(const std::vector<FindingsOf>& all, Verdict verdict) {
  std::size_t sum = 0;
  for (const FindingsOf& some : all)
    sum += std::size_t(std::count_if(some.findings.begin(), some.findings.end(),
                                     [&](const Finding& finding) { return finding.verdict == verdict; }));
  return sum;
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return Tone::good;
    case Verdict::warning:
      return Tone::warn;
    case Verdict::failed:
      return Tone::bad;
    case Verdict::skipped:
      return Tone::dim;
  }
  return Tone::plain;
}

Json json_of(const Finding& finding) {
  return {{"check", finding.check},
          {"subject", finding.subject},
          {"verdict", to_string(finding.verdict)},
          {"message", finding.message},
          {"mend", finding.mend.empty() ? Json() : Json(finding.mend)}};
}

// "  failed   secret.credential sqlcredential: There is no …", and below it what to do.
std::string text_of(const Finding& finding, const TextStyle& style) {
  constexpr std::size_t kIndent = 11;
  const std::string verdict = to_string(finding.verdict);
  const std::string head = printable(fmt::format("{} {}: ", finding.check, finding.subject));
  std::string text = fmt::format("  {}{}{}\n", paint(verdict, tone_of(finding.verdict), style),
                                 std::string(kIndent - 2 - verdict.size(), ' '),
                                 wrap(head + printable(finding.message), kIndent, style));
  if (finding.verdict != Verdict::ok && !finding.mend.empty())
    text += std::string(kIndent, ' ') + wrap(printable(finding.mend), kIndent, style) + "\n";
  return text;
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::failed:
      return "failed";
    case Verdict::skipped:
      return "skipped";
  }
  return "";
}

rotation::Outcome outcome_of(const std::vector<FindingsOf>& all) {
  return count(all, Verdict::failed) > 0 ? rotation::Outcome::failed : rotation::Outcome::done;
}

std::string findings_json(const Heading& heading, const std::vector<FindingsOf>& all) {
  const rotation::Outcome outcome = outcome_of(all);
  Json json{{"version", kDocumentVersion},
            {"kind", "doctor"},
            {"keyturn_version", heading.keyturn_version},
            {"command", heading.command},
            {"outcome", rotation::to_string(outcome)},
            {"exit_status", int(outcome)}};
  for (const Verdict verdict : kVerdicts) json["counts"][to_string(verdict)] = count(all, verdict);
  json["groups"] = Json::array();
  for (const FindingsOf& some : all) {
    Json findings = Json::array();
    for (const Finding& finding : some.findings) findings.push_back(json_of(finding));
    json["groups"].push_back(
        {{"rotation", some.rotation.empty() ? Json() : Json(some.rotation)}, {"findings", findings}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string findings_text(const std::vector<FindingsOf>& all, const TextStyle& style) {
  std::string text;
  for (const FindingsOf& some : all) {
    const std::string title =
        some.rotation.empty() ? "this machine and account" : "rotation " + printable(some.rotation);
    text += paint(title, Tone::bold, style) + "\n";
    for (const Finding& finding : some.findings) text += text_of(finding, style);
    text += "\n";
  }
  std::string sums;
  for (const Verdict verdict : kVerdicts)
    sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", count(all, verdict), to_string(verdict));
  const bool failed = count(all, Verdict::failed) > 0;
  const bool warned = count(all, Verdict::warning) > 0;
  return text + paint(sums + ".", failed ? Tone::bad : warned ? Tone::warn : Tone::good, style) + "\n";
}

}  // namespace keyturn::report
