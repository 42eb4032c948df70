#include "host/linux/error_log.h"

#include <algorithm>

namespace keyturn::host {
namespace {

constexpr std::string_view kProduct = "Microsoft SQL Server ";
constexpr std::string_view kEdition = "Edition (64-bit)";

// Digits, dots and letters are all that is looked for: characters beyond ASCII may become anything.
std::string ascii_of(std::string_view head) {
  std::string text;
  std::copy_if(head.begin(), head.end(), std::back_inserter(text),
               [](char c) { return c != '\0' && static_cast<unsigned char>(c) < 0x80; });
  return text;
}

bool is_version(std::string_view word) {
  return std::count(word.begin(), word.end(), '.') == 3 && word.size() <= 24 &&
         word.find_first_not_of("0123456789.") == word.npos;
}

}  // namespace

// "… Microsoft SQL Server 2022 (RTM-CU14) (KB5038325) - 16.0.4135.4 (X64) \n … \n\tDeveloper Edition (64-bit)
// on Linux …"
ServerVersion read_error_log(std::string_view head) {
  const std::string text = ascii_of(head.substr(0, 16'384));
  ServerVersion version;
  const std::size_t product = text.find(kProduct);
  if (product == text.npos) return version;
  const std::string line = text.substr(product, text.find('\n', product) - product);
  if (const std::size_t dash = line.find(" - "); dash != line.npos) {
    const std::string word = line.substr(dash + 3, line.find_first_of(" \r", dash + 3) - dash - 3);
    if (is_version(word)) version.product_version = word;
  }
  if (const std::size_t at = text.find(kEdition, product); at != text.npos) {
    const std::size_t begin = text.find_last_of("\t\n", at);
    if (begin != text.npos && at - begin < 64)
      version.edition = text.substr(begin + 1, at + kEdition.size() - begin - 1);
  }
  return version;
}

}  // namespace keyturn::host
