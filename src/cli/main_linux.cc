#include "cli/process.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  keyturn::cli::harden_process();
  return keyturn::cli::run_program(argc, argv);
}
