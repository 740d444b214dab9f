#include <fmt/format.h>

#include "tools/exit_code.h"
#include "tools/input_file.h"
#include "tools/shell.h"
#include "tools/words.h"

namespace ashlar::tools {

int run_script(Session& session) {
  const auto input = InputFile::open("-").value();
  std::string line;
  int code = kExitOk;
  for (uint64_t number = 1; code <= kExitNo && !session.leaving(); ++number) {
    const auto more = input->read_line(&line);
    const std::string where = fmt::format("line {}", number);
    if (!more.ok()) {
      session.out().failure(more.status(), where);
      return exit_code(more.status());
    }
    if (!*more) break;
    if (!is_blank_line(line)) code = session.run_line(line, where);
  }
  return code;
}

}  // namespace ashlar::tools
