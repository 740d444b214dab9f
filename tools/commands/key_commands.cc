// set, get, del, exists, increment, cas: one key at a time.
#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "base/try.h"
#include "tools/command.h"
#include "tools/json_lines.h"
#include "tools/json_text.h"
#include "tools/session.h"
#include "tools/text.h"
#include "tools/units.h"
#include "tools/value_argument.h"

namespace ashlar::tools {

namespace {

Status no_such_key(std::string_view key) {
  return Status::not_found(escape(key));
}

Outcome set(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const std::string value, read_value_argument(arguments[1]));
  WriteOptions options;
  if (arguments.has("--ttl")) {
    ASHLAR_TRY_ASSIGN(options.ttl, parse_duration(arguments.value("--ttl")));
    if (options.ttl.count() == 0) return Status::invalid_argument("--ttl must be at least 1ms");
  }
  ASHLAR_TRY(session.db().set(arguments[0], value, options));
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

Outcome get(Session& session, const Arguments& arguments) {
  const std::string& key = arguments[0];
  const auto value = session.db().get_pinned(key);
  if (value.status().is(StatusCode::kNotFound)) return no_such_key(key);
  ASHLAR_TRY(value.status());
  const Output& out = session.out();
  if (arguments.has("--raw")) {
    out.bytes(value->view());
  } else if (out.json()) {
    out.line(format_json_line(key, value->view()));
  } else {
    out.value(value->view());
  }
  return true;
}

Outcome del(Session& session, const Arguments& arguments) {
  Batch batch;
  uint64_t found = 0;
  for (const std::string& key : arguments.words()) {
    ASHLAR_TRY_ASSIGN(const bool exists, session.db().exists(key));
    found += exists ? 1 : 0;
    batch.del(key);
  }
  ASHLAR_TRY(session.db().write(batch));
  session.out().result(fmt::format("{} deleted", found), fmt::format("{{\"deleted\": {}}}", found));
  return true;
}

Outcome exists(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const bool found, session.db().exists(arguments[0]));
  session.out().result(found ? "true" : "false", fmt::format("{{\"exists\": {}}}", found));
  return found;
}

Outcome increment(Session& session, const Arguments& arguments) {
  int64_t delta = 1;
  if (arguments.size() > 1) {
    ASHLAR_TRY_ASSIGN(delta, parse_integer(arguments[1]));
  }
  ASHLAR_TRY_ASSIGN(const int64_t sum, session.db().increment(arguments[0], delta));
  session.out().result(std::to_string(sum), fmt::format("{{\"value\": {}}}", sum));
  return true;
}

Outcome cas(Session& session, const Arguments& arguments) {
  const bool absent = arguments.has("--absent");
  const bool deletes = arguments.has("--delete");
  const std::size_t wanted = 1 + (absent ? 0 : 1) + (deletes ? 0 : 1);
  if (arguments.size() != wanted) {
    return Status::invalid_argument(fmt::format("cas needs {} arguments here", wanted));
  }
  std::optional<std::string> expected;
  std::optional<std::string> desired;
  std::size_t next = 1;
  if (!absent) {
    ASHLAR_TRY_ASSIGN(expected, read_value_argument(arguments[next++]));
  }
  if (!deletes) {
    ASHLAR_TRY_ASSIGN(desired, read_value_argument(arguments[next]));
  }
  ASHLAR_TRY_ASSIGN(const bool stored,
                    session.db().compare_and_set(arguments[0], expected, desired));
  session.out().result(stored ? "true" : "false", fmt::format("{{\"stored\": {}}}", stored));
  return stored;
}

}  // namespace

std::vector<Command> key_commands() {
  constexpr std::string_view kGroup = "One key";
  return {
      {.name = "set",
       .group = kGroup,
       .synopsis = "KEY VALUE",
       .summary = "Store a value under a key.",
       .details =
           "VALUE is stored as it is typed; a JSON object or array without the white space\n"
           "between its parts. @FILE stores a file's content, @- standard input, and @@TEXT\n"
           "the text @TEXT. \\xNN stands for a byte.",
       .minimum_words = 2,
       .maximum_words = 2,
       .options = {{"--ttl", "TIME", "let it expire after 500ms, 5s, 10m, 2h, 7d, …"}},
       .access = Access::kWrite,
       .completes_keys = true,
       .run = set},
      {.name = "get",
       .group = kGroup,
       .synopsis = "KEY",
       .summary = "Print the value of a key.",
       .minimum_words = 1,
       .maximum_words = 1,
       .options = {{"--raw", "", "the bytes alone, without a line end"}},
       .completes_keys = true,
       .run = get},
      {.name = "del",
       .group = kGroup,
       .synopsis = "KEY...",
       .summary = "Delete keys, all in one step.",
       .minimum_words = 1,
       .maximum_words = SIZE_MAX,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = del},
      {.name = "exists",
       .group = kGroup,
       .synopsis = "KEY",
       .summary = "Tell whether there is such a key; the exit code says so too.",
       .minimum_words = 1,
       .maximum_words = 1,
       .completes_keys = true,
       .run = exists},
      {.name = "increment",
       .group = kGroup,
       .synopsis = "KEY [DELTA]",
       .summary = "Add to a decimal number, and print the sum.",
       .details = "A missing key counts as 0. DELTA is 1 unless given, and may be negative.",
       .minimum_words = 1,
       .maximum_words = 2,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = increment},
      {.name = "cas",
       .group = kGroup,
       .synopsis = "KEY EXPECTED NEW",
       .summary = "Store NEW if the value is EXPECTED now, in one step.",
       .details = "With --absent leave out EXPECTED, with --delete leave out NEW.",
       .minimum_words = 1,
       .maximum_words = 3,
       .options = {{"--absent", "", "expect that there is no such key"},
                   {"--delete", "", "delete the key instead of storing"}},
       .access = Access::kWrite,
       .completes_keys = true,
       .run = cas},
  };
}

}  // namespace ashlar::tools
