// begin, savepoint, rollback, commit: several commands as one step.
#include "base/try.h"
#include "tools/command.h"
#include "tools/session.h"

namespace ashlar::tools {

namespace {

Outcome done(const Session& session) {
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

Outcome begin(Session& session, const Arguments& arguments) {
  TransactionOptions options;
  options.read_only = arguments.has("--read-only");
  if (arguments.has("--snapshot")) options.isolation = Isolation::kSnapshot;
  ASHLAR_TRY(session.begin(options));
  return done(session);
}

Outcome commit(Session& session, const Arguments&) {
  ASHLAR_TRY(session.commit());
  return done(session);
}

Outcome rollback(Session& session, const Arguments& arguments) {
  if (arguments.size() > 0) {
    ASHLAR_TRY(session.db().rollback_to(arguments[0]));
  } else {
    ASHLAR_TRY(session.rollback());
  }
  return done(session);
}

Outcome savepoint(Session& session, const Arguments& arguments) {
  ASHLAR_TRY(session.db().savepoint(arguments[0]));
  return done(session);
}

}  // namespace

std::vector<Command> transaction_commands() {
  constexpr std::string_view kGroup = "Transactions";
  return {
      {.name = "begin",
       .group = kGroup,
       .summary = "Begin a transaction: what follows happens at commit, as one step.",
       .details =
           "In the shell, or in a script on standard input. Until then this session sees its\n"
           "own writes and otherwise the moment of begin; the prompt shows a star.",
       .options = {{"--read-only", "", "refuse writes; never conflicts"},
                   {"--snapshot", "", "compare only writes with other commits, not reads"}},
       .access = Access::kWrite,
       .run = begin},
      {.name = "commit",
       .group = kGroup,
       .summary = "End the transaction and make its writes durable.",
       .details =
           "If another commit changed what it read, nothing is written and the exit code is 4:\n"
           "run it again.",
       .access = Access::kWrite,
       .run = commit},
      {.name = "savepoint",
       .group = kGroup,
       .synopsis = "NAME",
       .summary = "Mark the writes so far, for rollback NAME.",
       .minimum_words = 1,
       .maximum_words = 1,
       .access = Access::kWrite,
       .run = savepoint},
      {.name = "rollback",
       .group = kGroup,
       .synopsis = "[SAVEPOINT]",
       .summary = "Forget the writes since the savepoint; without one all, and end the transaction.",
       .details = "Leaving without commit forgets them all, too.",
       .maximum_words = 1,
       .access = Access::kWrite,
       .run = rollback},
  };
}

}  // namespace ashlar::tools
