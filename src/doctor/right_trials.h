// Rights tried by doing what they allow, as far as that changes nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "doctor/rights.h"

namespace keyturn::doctor {

class RightTrials {
 public:
  // Both must outlive it.
  RightTrials(const Scene& scene, const Knowledge& known) : scene_(scene), known_(known) {}

  // On each of the statement's resources. `unknown`: it is no read, or was not answered by yes or no.
  [[nodiscard]] Allowed attempt(const std::string& action, const std::vector<std::string>& resources) const;

 private:
  [[nodiscard]] Result<void> of_iam(const std::string& action) const;
  [[nodiscard]] Result<void> of_secrets(const std::string& action, const std::string& secret) const;
  [[nodiscard]] Result<void> of_the_fleet(const std::string& action) const;

  const Scene& scene_;
  const Knowledge& known_;
};

}  // namespace keyturn::doctor
