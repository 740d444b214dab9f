// ttl, persist, expire: keys that disappear by themselves.
#include <fmt/format.h>

#include <chrono>

#include "base/try.h"
#include "tools/command.h"
#include "tools/session.h"
#include "tools/text.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

// The engine's "not found" with the key's name.
Status named(const Status& status, std::string_view key) {
  return status.is(StatusCode::kNotFound) ? Status::not_found(escape(key)) : status;
}

Outcome ttl(Session& session, const Arguments& arguments) {
  const auto found = session.db().ttl(arguments[0]);
  if (!found.ok()) return named(found.status(), arguments[0]);
  const auto& left = *found;
  session.out().result(
      left ? human_duration(*left) : "never expires",
      fmt::format("{{\"ttl_ms\": {}}}", left ? std::to_string(left->count()) : "null"));
  return true;
}

Outcome persist(Session& session, const Arguments& arguments) {
  ASHLAR_TRY(named(session.db().persist(arguments[0]), arguments[0]));
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

Outcome expire(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const auto moment,
                    parse_moment(arguments[1], std::chrono::system_clock::now()));
  ASHLAR_TRY(named(session.db().expire(arguments[0], moment), arguments[0]));
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

}  // namespace

std::vector<Command> lifetime_commands() {
  constexpr std::string_view kGroup = "Time to live";
  return {
      {.name = "ttl",
       .group = kGroup,
       .synopsis = "KEY",
       .summary = "Print how long a key still lives.",
       .minimum_words = 1,
       .maximum_words = 1,
       .completes_keys = true,
       .run = ttl},
      {.name = "persist",
       .group = kGroup,
       .synopsis = "KEY",
       .summary = "Let a key live for ever.",
       .minimum_words = 1,
       .maximum_words = 1,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = persist},
      {.name = "expire",
       .group = kGroup,
       .synopsis = "KEY WHEN",
       .summary = "Let a key disappear at a moment.",
       .details = "WHEN is a time from now (90s, 10m, 7d), a date in UTC (2030-01-31 or\n"
                  "2030-01-31T12:00:00Z), or @SECONDS since 1970. A moment in the past deletes.",
       .minimum_words = 2,
       .maximum_words = 2,
       .access = Access::kWrite,
       .completes_keys = true,
       .run = expire},
  };
}

}  // namespace ashlar::tools
