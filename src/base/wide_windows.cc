#include "base/wide_windows.h"

#include <windows.h>

namespace keyturn {
namespace {

// The message of `code`, from the system's tables or from those of a module that has its own.
std::wstring system_words(DWORD code, HMODULE module) {
  const DWORD from = module != nullptr ? FORMAT_MESSAGE_FROM_HMODULE : FORMAT_MESSAGE_FROM_SYSTEM;
  wchar_t* text = nullptr;
  const DWORD size = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS | from,
                                    module, code, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  std::wstring words(text != nullptr ? text : L"", size);
  LocalFree(text);
  return words;
}

// HRESULTs and SSPI's statuses are known by their hexadecimal form.
std::string number_of(unsigned long code) {
  if (code < 0x80000000UL) return std::to_string(code);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string hex = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) hex += kDigits[(code >> shift) & 0xF];
  return hex;
}

}  // namespace

std::wstring wide(std::string_view utf8) {
  if (utf8.empty()) return {};
  const int given = static_cast<int>(utf8.size());
  std::wstring text(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), given, nullptr, 0)),
                    L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), given, text.data(), static_cast<int>(text.size()));
  return text;
}

std::string narrow(std::wstring_view utf16) {
  if (utf16.empty()) return {};
  const int given = static_cast<int>(utf16.size());
  std::string text(static_cast<std::size_t>(
                       WideCharToMultiByte(CP_UTF8, 0, utf16.data(), given, nullptr, 0, nullptr, nullptr)),
                   '\0');
  WideCharToMultiByte(CP_UTF8, 0, utf16.data(), given, text.data(), static_cast<int>(text.size()), nullptr,
                      nullptr);
  return text;
}

std::string windows_message(unsigned long code) {
  std::wstring words = system_words(code, nullptr);
  if (words.empty())
    if (HMODULE module = GetModuleHandleW(L"winhttp.dll")) words = system_words(code, module);
  for (wchar_t& c : words)
    if (c == L'\r' || c == L'\n') c = L' ';
  words.erase(words.find_last_not_of(L" .") + 1);
  const std::string number = "Windows error " + number_of(code);
  return words.empty() ? number : narrow(words) + " (" + number + ")";
}

std::optional<std::string> environment_variable(std::string_view name) {
  const std::wstring key = wide(name);
  std::wstring value(256, L'\0');
  while (true) {
    SetLastError(ERROR_SUCCESS);
    const DWORD size = GetEnvironmentVariableW(key.c_str(), value.data(), static_cast<DWORD>(value.size()));
    if (size == 0 && GetLastError() != ERROR_SUCCESS) return std::nullopt;
    const bool fits = size < value.size();
    value.resize(size);
    if (fits) return narrow(value);
  }
}

}  // namespace keyturn
