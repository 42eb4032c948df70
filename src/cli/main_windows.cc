#include <windows.h>

#include <cstddef>
#include <vector>

#include "base/wide_windows.h"
#include "cli/process.h"
#include "cli/program.h"

// Arguments as they are: the C library would put the files that match in the place of "*".
int _dowildcard = 0;

// Libraries that the program links to come from the system's folder only; Windows reads this before it loads
// them. tools/windows/finish.py points the program's header to it.
extern "C" {
extern const IMAGE_LOAD_CONFIG_DIRECTORY64 keyturn_load_config;
const IMAGE_LOAD_CONFIG_DIRECTORY64 keyturn_load_config = [] {
  IMAGE_LOAD_CONFIG_DIRECTORY64 config{};
  config.Size = offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GuardFlags) + sizeof(DWORD);  // as Windows 8.1 had it
  config.DependentLoadFlags = LOAD_LIBRARY_SEARCH_SYSTEM32;
  return config;
}();
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
