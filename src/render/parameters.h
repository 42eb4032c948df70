// The `parameters` of a document of Systems Manager, and whether their defaults keep to their own patterns.
// Used by the documents' .cc files alone, since it brings in nlohmann/json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace keyturn::render {

class Parameters {
 public:
  // `setting` is what a message calls the value.
  void text(const char* name, const char* description, const std::string& value, const char* pattern,
            const char* setting);
  void list(const char* name, const char* description, const char* pattern);  // empty by default
  // The first value is the default.
  void choice(const char* name, const char* description, const std::vector<std::string>& values,
              const char* pattern);
  void problem(std::string sentence) { problems_.push_back(std::move(sentence)); }

  [[nodiscard]] const nlohmann::ordered_json& json() const { return json_; }
  // ErrorKind::usage with every problem, one a line.
  [[nodiscard]] Result<void> check() const;

 private:
  nlohmann::ordered_json json_;
  std::vector<std::string> problems_;
};

}  // namespace keyturn::render
