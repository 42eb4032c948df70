#include "sqlserver/odbc_handle.h"

#include <algorithm>
#include <array>

#include "base/secret_string.h"
#include "sqlserver/utf16.h"

namespace keyturn::sqlserver {

std::vector<Diagnostic> OdbcHandle::diagnostics() const {
  std::vector<Diagnostic> found;
  if (handle_ == nullptr) return found;
  constexpr SQLSMALLINT kMost = 32;  // a broken driver that never answers SQL_NO_DATA must not keep us here
  for (SQLSMALLINT record = 1; record <= kMost; ++record) {
    std::array<SQLWCHAR, 6> state{};
    std::array<SQLWCHAR, 2048> text{};
    SQLINTEGER native = 0;
    SQLSMALLINT size = 0;
    const SQLRETURN answer = SQLGetDiagRecW(type_, handle_, record, state.data(), &native, text.data(),
                                            static_cast<SQLSMALLINT>(text.size()), &size);
    if (!SQL_SUCCEEDED(answer)) break;
    const auto units =
        std::min<std::size_t>(static_cast<std::size_t>(std::max<SQLSMALLINT>(size, 0)), text.size() - 1);
    found.push_back({from_odbc(state.data(), 5), static_cast<int>(native), from_odbc(text.data(), units)});
  }
  return found;
}

OdbcText::OdbcText(std::string_view utf8) : text_(to_utf16(utf8)) {}
OdbcText::~OdbcText() { wipe_memory(text_.data(), text_.size() * sizeof(char16_t)); }

SQLWCHAR* OdbcText::data() {
  return reinterpret_cast<SQLWCHAR*>(text_.data());  // the same 16 bits under another name
}

std::string from_odbc(const SQLWCHAR* text, std::size_t size) {
  return to_utf8({reinterpret_cast<const char16_t*>(text), size});
}

}  // namespace keyturn::sqlserver
