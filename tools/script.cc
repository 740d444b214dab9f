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
    const auto words =
        more.ok() && *more ? split_words(line) : Result<std::vector<std::string>>(more.status());
    if (more.ok() && !*more) break;
    if (!words.ok()) {
      session.out().failure(words.status(), where);
      return exit_code(words.status());
    }
    if (!words->empty()) code = session.run(*words, where);
  }
  return code;
}

}  // namespace ashlar::tools
