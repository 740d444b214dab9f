#include "tools/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "tools/json_lines.h"
#include "tools/json_text.h"
#include "tools/terminal.h"
#include "tools/text.h"

namespace ashlar::tools {

namespace {

// NO_COLOR (no-color.org): set and not empty means none.
bool colours_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

Output::Output(bool json)
    : json_(json),
      terminal_(isatty(STDOUT_FILENO) != 0),
      coloured_(terminal_ && colours_wanted()) {}

std::size_t Output::columns() const {
  return terminal_columns(STDOUT_FILENO);
}

void Output::line(std::string_view text) const {
  write(text);
  write("\n");
}

void Output::bytes(std::string_view data) const {
  write(data);
}

void Output::result(std::string_view text, std::string_view json) const {
  line(json_ ? json : text);
}

void Output::key(std::string_view key) const {
  json_ ? line(format_json_key(key)) : line(escape(key));
}

void Output::entry(std::string_view key, std::string_view value) const {
  if (json_) {
    line(format_json_line(key, value));
  } else if (coloured_) {
    line(fmt::format("\x1b[1m{}\x1b[0m\t{}", escape(key), shown(value, true)));
  } else {
    line(fmt::format("{}\t{}", escape(key), shown(value, true)));
  }
}

void Output::value(std::string_view value) const {
  terminal_ ? line(shown(value, false)) : line(value);
}

std::string Output::shown(std::string_view value, bool on_one_line) const {
  if (terminal_ && is_json(value)) return show_json(value, {!on_one_line, coloured_});
  return is_printable(value) ? std::string(value) : escape(value);
}

void Output::note(std::string_view text) const {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", text);
}

void Output::failure(const Status& status, std::string_view where) const {
  std::fflush(stdout);
  if (json_) {
    std::string text = status.to_string();
    if (!where.empty()) text = fmt::format("{}: {}", where, text);
    fmt::print(stderr, "{{\"error\": {}, \"code\": {}}}\n", json_string(text),
               json_string(to_string(status.code())));
  } else {
    // A code that only says that the call is at fault adds nothing to the message.
    const bool plain = status.is(StatusCode::kInvalidArgument) && !status.message().empty();
    fmt::print(stderr, "ashlar: {}{}{}\n", where, where.empty() ? "" : ": ",
               plain ? std::string(status.message()) : status.to_string());
  }
}

bool Output::flush() const {
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace ashlar::tools
