#include <windows.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/wide_windows.h"
#include "cli/process.h"
#include "cli/program.h"

// Arguments as they are: the C library would put the files that match in the place of "*".
int _dowildcard = 0;

// Libraries that the program links to come from the system's folder only; Windows reads this before it loads
// them. tools/windows/finish.py points the program's header to it. IMAGE_LOAD_CONFIG_DIRECTORY64 as
// Windows 8.1 had it; mingw-w64 10 has an older one, without this field's name.
struct LoadConfig {
  std::uint32_t size = sizeof(LoadConfig);
  std::array<std::uint8_t, 0x4A> before{};
  std::uint16_t dependent_load_flags = LOAD_LIBRARY_SEARCH_SYSTEM32;
  std::array<std::uint8_t, 0x44> behind{};
};
static_assert(offsetof(LoadConfig, dependent_load_flags) == 0x4E && sizeof(LoadConfig) == 0x94);
extern "C" {
extern const LoadConfig keyturn_load_config;
constinit const LoadConfig keyturn_load_config;
}

int wmain(int argc, wchar_t** argv) {
  keyturn::cli::harden_process();
  std::vector<std::string> texts;
  std::vector<const char*> arguments;
  for (int i = 0; i < argc; ++i) texts.push_back(keyturn::narrow(argv[i]));
  for (const std::string& text : texts) arguments.push_back(text.c_str());
  arguments.push_back(nullptr);
  return keyturn::cli::run_program(argc, arguments.data());
}
