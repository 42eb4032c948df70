// ODBC handles that free themselves, and their diagnostics. Only odbc_*.cc include this: <sql.h> defines a
// host of macros.
#pragma once

#ifdef _WIN32
#include <windows.h>  // whose types sql.h takes for known there
#endif

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqlserver/errors.h"

namespace keyturn::sqlserver {

static_assert(sizeof(SQLWCHAR) == sizeof(char16_t));

class OdbcHandle {
 public:
  // Null where the driver manager has no memory for it.
  OdbcHandle(SQLSMALLINT type, SQLHANDLE parent) : type_(type) { SQLAllocHandle(type, parent, &handle_); }
  OdbcHandle(OdbcHandle&& other) noexcept
      : type_(other.type_), handle_(std::exchange(other.handle_, nullptr)) {}
  OdbcHandle& operator=(OdbcHandle&&) = delete;
  ~OdbcHandle() {
    if (handle_ != nullptr) SQLFreeHandle(type_, handle_);
  }

  [[nodiscard]] SQLHANDLE get() const { return handle_; }
  [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }
  [[nodiscard]] std::vector<Diagnostic> diagnostics() const;  // all records of the last call

 private:
  SQLSMALLINT type_;
  SQLHANDLE handle_ = nullptr;
};

// A text for a W function: UTF-16, wiped when it dies, since it may hold a password or a secret.
class OdbcText {
 public:
  explicit OdbcText(std::string_view utf8);
  OdbcText(const OdbcText&) = delete;
  OdbcText& operator=(const OdbcText&) = delete;
  ~OdbcText();

  [[nodiscard]] SQLWCHAR* data();  // ODBC takes no const
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::u16string text_;
};

std::string from_odbc(const SQLWCHAR* text, std::size_t size);

}  // namespace keyturn::sqlserver
