#include "aws/xml.h"

#include <cstdint>
#include <utility>

namespace keyturn::aws {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (c & 0x80) != 0;
}
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

// False for what is no character.
bool append_utf8(std::uint32_t code, std::string& to) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  const auto put = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
  const auto put_tail = [&](unsigned shift) { put(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U), put_tail(0);
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U), put_tail(6), put_tail(0);
  } else {
    put(0xF0U | code >> 18U), put_tail(12), put_tail(6), put_tail(0);
  }
  return true;
}

// "amp", "#65" or "#x41": what stands between & and ;.
bool append_reference(std::string_view reference, std::string& to) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [name, character] : kNamed)
    if (reference == name) {
      to += character;
      return true;
    }
  if (!reference.starts_with('#')) return false;
  const bool is_hex = reference.starts_with("#x");
  reference.remove_prefix(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  for (const char c : reference) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const std::size_t digit = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    if (digit >= (is_hex ? 16U : 10U) || code > 0x10FFFF) return false;
    code = code * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
  }
  return append_utf8(code, to);
}

// A piece of an element's text, as written.
struct Run {
  std::string_view raw;
  bool is_cdata;
};

bool append_run(const Run& run, std::string& to) {
  for (std::size_t i = 0; i < run.raw.size(); ++i) {
    const char c = run.raw[i];
    if (c == '\r') {  // every line end is \n
      if (i + 1 == run.raw.size() || run.raw[i + 1] != '\n') to += '\n';
    } else if (c == '&' && !run.is_cdata) {
      const std::size_t end = run.raw.find(';', i);
      if (end == std::string_view::npos || !append_reference(run.raw.substr(i + 1, end - i - 1), to))
        return false;
      i = end;
    } else {
      to += c;
    }
  }
  return true;
}

bool read_runs(const std::vector<Run>& runs, SecretString& text) {
  std::size_t size = 0;
  for (const Run& run : runs) size += run.raw.size();
  std::string joined;
  joined.reserve(size);  // no reference is shorter than what it stands for: it never moves
  bool good = true;
  for (const Run& run : runs) good = good && append_run(run, joined);
  text = SecretString(joined);
  wipe_memory(joined.data(), joined.size());
  return good;
}

// Reads from the front of a text; each function is false where what must follow does not.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) { skip("\xef\xbb\xbf"); }

  bool document(XmlNode& root) { return miscellany() && element(root, 1) && miscellany() && rest_.empty(); }

 private:
  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool skip_blanks() {
    const std::size_t count = std::min(rest_.find_first_not_of(kBlanks), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }
  // Up to `end`, which is skipped too.
  bool take_until(std::string_view end, std::string_view& taken) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    taken = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return true;
  }
  // A comment or a processing instruction.
  bool remark(bool& found) {
    std::string_view ignored;
    found = true;
    if (skip("<!--")) return take_until("-->", ignored);
    if (skip("<?")) return take_until("?>", ignored);
    found = false;
    return true;
  }
  // Before and after the root. A document type is none of it: it makes the document unreadable.
  bool miscellany() {
    bool found = true;
    while (found) {
      skip_blanks();
      if (!remark(found)) return false;
    }
    return true;
  }
  bool name(std::string& into) {
    if (rest_.empty() || !is_name_start(rest_[0])) return false;
    std::size_t size = 1;
    while (size < rest_.size() && is_name_part(rest_[size])) ++size;
    into = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool attributes() {
    std::string key;
    std::string_view value;
    while (skip_blanks() && !rest_.empty() && is_name_start(rest_[0])) {
      if (!name(key)) return false;
      skip_blanks();
      if (!skip("=")) return false;
      skip_blanks();
      const std::string_view quote = rest_.starts_with('\'') ? "'" : "\"";
      if (!skip(quote) || !take_until(quote, value) || value.find('<') != std::string_view::npos)
        return false;
    }
    return true;
  }
  bool element(XmlNode& node, std::size_t depth) {
    if (depth > kMaxXmlDepth || !skip("<") || !name(node.name) || !attributes()) return false;
    if (skip("/>")) return true;
    return skip(">") && content(node, depth) && skip("</") && skip(node.name) && (skip_blanks(), skip(">"));
  }
  // Up to the end tag.
  bool content(XmlNode& node, std::size_t depth) {
    std::vector<Run> runs;
    while (!rest_.starts_with("</")) {
      bool found = false;
      if (!remark(found)) return false;
      if (found) continue;
      Run run{{}, skip("<![CDATA[")};
      if (run.is_cdata) {
        if (!take_until("]]>", run.raw)) return false;
        runs.push_back(run);
      } else if (rest_.starts_with('<')) {
        if (!element(node.children.emplace_back(), depth + 1)) return false;
      } else {
        run.raw = rest_.substr(0, rest_.find('<'));
        rest_.remove_prefix(run.raw.size());
        if (rest_.empty()) return false;
        if (run.raw.find_first_not_of(kBlanks) != std::string_view::npos) runs.push_back(run);
      }
    }
    return read_runs(runs, node.text);
  }

  std::string_view rest_;
};

}  // namespace

XmlNode parse_xml(std::string_view text) {
  XmlNode root;
  return Parser(text).document(root) ? root : XmlNode{};
}

}  // namespace keyturn::aws
