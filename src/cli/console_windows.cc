#include <io.h>
#include <windows.h>

#include <algorithm>

#include "base/wide_windows.h"
#include "cli/console.h"

namespace keyturn::cli {
namespace {

constexpr int kUsualWidth = 80;
constexpr std::size_t kConsoleChunk = 8192;  // older consoles refuse more than 64 KB at once
constexpr std::size_t kFileChunk = 1U << 20U;

// INVALID_HANDLE_VALUE for a stream that the program was started without.
HANDLE handle_of(int descriptor) {
  const intptr_t handle = _get_osfhandle(descriptor);
  return handle < 0 ? INVALID_HANDLE_VALUE : reinterpret_cast<HANDLE>(handle);
}

bool console_mode(HANDLE handle, DWORD& mode) { return GetConsoleMode(handle, &mode) != FALSE; }

// A console shows UTF-16, whatever its code page is.
bool write_to_console(HANDLE console, std::wstring_view text) {
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), kConsoleChunk);
    if (size < text.size() && IS_HIGH_SURROGATE(text[size - 1])) --size;
    DWORD written = 0;
    if (!WriteConsoleW(console, text.data(), DWORD(size), &written, nullptr) || written == 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

bool write_to_file(HANDLE file, std::string_view text) {
  while (!text.empty()) {
    DWORD written = 0;
    const auto size = DWORD(std::min(text.size(), kFileChunk));
    if (!WriteFile(file, text.data(), size, &written, nullptr) || written == 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

// Windows 10 and later consoles know them, but only when asked to.
bool turn_on_escapes(int descriptor) {
  HANDLE console = handle_of(descriptor);
  DWORD mode = 0;
  return console_mode(console, mode) &&
         SetConsoleMode(console, mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING) !=
             FALSE;
}

}  // namespace

bool write_all(int descriptor, std::string_view text) {
  HANDLE handle = handle_of(descriptor);
  if (handle == INVALID_HANDLE_VALUE) {
    SetLastError(ERROR_INVALID_HANDLE);
    return text.empty();
  }
  DWORD mode = 0;
  return console_mode(handle, mode) ? write_to_console(handle, wide(text)) : write_to_file(handle, text);
}

std::string write_failure() { return windows_message(GetLastError()); }

bool is_terminal(int descriptor) {
  DWORD mode = 0;
  return console_mode(handle_of(descriptor), mode);
}

bool can_redraw(int descriptor, const aws::Environment& environment) {
  return environment("TERM").value_or("") != "dumb" && turn_on_escapes(descriptor);
}

bool takes_colors(int descriptor) { return turn_on_escapes(descriptor); }

int terminal_width(int descriptor) {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (!GetConsoleScreenBufferInfo(handle_of(descriptor), &info)) return kUsualWidth;
  // One less: a line that fills the last column makes some consoles begin another one.
  return std::max(info.srWindow.Right - info.srWindow.Left, 20);
}

}  // namespace keyturn::cli
