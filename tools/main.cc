// The `ashlar` program: `ashlar DB` is a shell, `ashlar DB COMMAND …` runs one command.
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/session.h"
#include "tools/shell.h"

namespace ashlar::tools {

namespace {

int run(int argc, char** argv) {
  int exit_code = kExitOk;
  const auto line = parse_command_line(argc, argv, &exit_code);
  if (!line) return exit_code;
  Session session(line->path, line->options, line->json);
  if (!line->words.empty()) return session.run(line->words);
  if (isatty(STDIN_FILENO) != 0) return run_shell(session);
  return run_script(session);
}

}  // namespace

}  // namespace ashlar::tools

int main(int argc, char** argv) {
  try {
    return ashlar::tools::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ashlar: %s\n", error.what());
    return ashlar::tools::kExitOutOfMemory;
  }
}
