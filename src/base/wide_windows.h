// The edge to Windows's API, which speaks UTF-16: text inside keyturn is UTF-8. All functions are
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keyturn {

// What is not well-formed becomes U+FFFD; embedded NULs are kept. Text that holds a secret is the caller's to
// wipe.
std::wstring wide(std::string_view utf8);
std::string narrow(std::wstring_view utf16);

// "The system cannot find the file specified (Windows error 2)": the system's own words for what
// GetLastError(), an HRESULT or a service gave, without the final full stop and line end. Codes of WinHTTP
// and numbers unknown to the system are covered too; there the text is the number alone. (DWORD is unsigned
// long.)
std::string windows_message(unsigned long code);

// A variable of this process's environment; nothing where it is not set. The C library's getenv would give it
// in the ANSI code page.
std::optional<std::string> environment_variable(std::string_view name);

}  // namespace keyturn
