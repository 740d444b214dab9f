// find, distinct, group, explain: questions to documents.
#include <fmt/format.h>

#include <chrono>

#include "base/try.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/query_grammar.h"
#include "tools/query_watch.h"
#include "tools/row_printer.h"
#include "tools/session.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

Result<QueryText> parse(std::string_view command, const Arguments& arguments) {
  return parse_query(command, arguments.size() == 0 ? std::string_view() : arguments[0]);
}

Result<RowFormat> row_format(const Output& out, const Arguments& arguments) {
  if (arguments.has("--format")) return parse_row_format(arguments.value("--format"));
  return out.is_terminal() && !out.json() ? RowFormat::kTable : RowFormat::kLines;
}

// Prints the rows of a query as they come. `begin` starts it. False when there were none.
class RowListing {
 public:
  RowListing(const Session& session, std::string_view command)
      : out_(session.out()), watch_(std::string(command)) {}

  std::function<bool(uint64_t)> progress() { return watch_.progress(); }

  template <typename Range, typename PrintRow>
  Outcome print(const Range& rows, RowPrinter& printer, PrintRow&& print_row) {
    uint64_t count = 0;
    for (const auto& row : rows) {
      if (interrupted()) break;
      if (count++ == 0 && out_.is_terminal()) watch_.quiet();
      ASHLAR_TRY(print_row(row));
    }
    watch_.quiet();
    printer.finish();
    if (interrupted()) return interrupted_error();
    ASHLAR_TRY(rows.status());
    if (out_.is_terminal()) out_.note(summary(count));
    return count > 0;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string summary(uint64_t count) const {
    const auto elapsed = Clock::now() - begin_;
    return fmt::format("{} in {}", human_count(count, "row", "rows"),
                       human_nanoseconds(static_cast<uint64_t>(
                           std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count())));
  }

  const Output& out_;
  const Clock::time_point begin_ = Clock::now();
  QueryWatch watch_;
};

Outcome find(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse("find", arguments));
  ASHLAR_TRY_ASSIGN(const RowFormat format, row_format(session.out(), arguments));
  query.options.keys_only = arguments.has("--keys");
  RowShape shape{.has_value = !query.options.keys_only};
  for (const std::string& field : query.options.fields) {
    ASHLAR_TRY_ASSIGN(shape.columns.emplace_back(), field_column(field));
  }
  RowListing listing(session, "find");
  query.options.progress = listing.progress();
  const DocumentRange found = session.db().find(query.prefix, query.filter, query.options);
  ASHLAR_TRY(found.status());
  const auto printer = make_row_printer(session.out(), format, std::move(shape));
  const Outcome outcome = listing.print(
      found, *printer, [&](const Entry& entry) { return printer->row(entry.key, entry.value); });
  if (outcome.ok() && *outcome && arguments.has("--token")) {
    session.out().note("after " + found.resume_token());
  }
  return outcome;
}

Outcome print_values(Session& session, const Arguments& arguments, RowListing& listing,
                     const JsonRange& values, RowShape shape) {
  ASHLAR_TRY_ASSIGN(const RowFormat format, row_format(session.out(), arguments));
  ASHLAR_TRY(values.status());
  const auto printer = make_row_printer(session.out(), format, std::move(shape));
  return listing.print(values, *printer,
                       [&](std::string_view json) { return printer->row({}, json); });
}

Outcome distinct(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse("distinct", arguments));
  RowShape shape{.has_key = false};
  shape.columns.push_back({.title = query.field, .is_whole = true});
  RowListing listing(session, "distinct");
  query.options.progress = listing.progress();
  return print_values(session, arguments, listing,
                      session.db().distinct(query.prefix, query.field, query.filter, query.options),
                      std::move(shape));
}

Outcome group(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse("group", arguments));
  RowShape shape{.has_key = false};
  for (const std::string& field : query.grouping.by) shape.columns.push_back(member_column(field));
  for (const Aggregate& value : query.grouping.values) {
    shape.columns.push_back(member_column(value.name));
  }
  RowListing listing(session, "group");
  query.options.progress = listing.progress();
  return print_values(session, arguments, listing,
                      session.db().group(query.prefix, query.grouping, query.filter, query.options),
                      std::move(shape));
}

Outcome explain(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(QueryText query, parse("explain", arguments));
  QueryWatch watch("explain");
  query.options.progress = watch.progress();
  const auto explained = session.db().explain(query.prefix, query.filter, query.options);
  watch.quiet();
  if (interrupted()) return interrupted_error();
  ASHLAR_TRY(explained.status());
  if (session.out().json()) {
    session.out().line(explained->json);
  } else {
    session.out().bytes(explained->text);
  }
  return true;
}

const CommandOption kFormatOption = {"--format", "HOW",
                                     "jsonl (default in a pipe), table (on a terminal) or csv"};

}  // namespace

std::vector<Command> query_commands() {
  constexpr std::string_view kGroup = "Queries";
  return {
      {.name = "find",
       .group = kGroup,
       .synopsis = "[PREFIX] [where FILTER] [CLAUSE...]",
       .summary = "List the documents that match.",
       .details =
           "  find user: where age > 30 and city in (\"Paris\", \"Rome\")\n"
           "    order by age desc, name limit 10 skip 20 select name, address.city\n"
           "CLAUSE: select FIELD, …  without FIELD, …  order by FIELD [asc|desc], …  limit N\n"
           "skip N  after TOKEN  plan scan|index NAME|intersect NAME NAME …|union\n"
           "PREFIX is that of the keys; FILTER may be JSON, too: {\"age\": {\"$gt\": 30}}.\n"
           "On a command line put the filter in quotes: ashlar DB find user: 'where age > 30'.",
       .takes_text = true,
       .maximum_words = 1,
       .options = {kFormatOption,
                   {"--keys", "", "only the keys"},
                   {"--token", "", "say at the end how to go on: after TOKEN"}},
       .completes_keys = true,
       .run = find},
      {.name = "distinct",
       .group = kGroup,
       .synopsis = "PREFIX FIELD [where FILTER] [CLAUSE...]",
       .summary = "List the different values of a field, in their order.",
       .details =
           "  distinct user: address.city where age > 30\n"
           "Elements of arrays count each on their own. CLAUSE: limit N  skip N  plan …, all of\n"
           "the documents looked at.",
       .takes_text = true,
       .minimum_words = 1,
       .maximum_words = 1,
       .options = {kFormatOption},
       .completes_keys = true,
       .run = distinct},
      {.name = "group",
       .group = kGroup,
       .synopsis = "[PREFIX] [by FIELD, …] [compute VALUE, …] [where FILTER] [CLAUSE...]",
       .summary = "Compute numbers for groups of documents.",
       .details =
           "  group user: by city compute count, avg age as mean, max age where age > 18\n"
           "VALUE: count  sum FIELD  avg FIELD  min FIELD  max FIELD, each with [as NAME];\n"
           "count unless given. Without by: one group of all. CLAUSE: limit N  skip N  plan …,\n"
           "all of the documents looked at.",
       .takes_text = true,
       .maximum_words = 1,
       .options = {kFormatOption},
       .completes_keys = true,
       .run = group},
      {.name = "explain",
       .group = kGroup,
       .synopsis = "[find] [PREFIX] [where FILTER] [CLAUSE...]",
       .summary = "Run a find and tell how it was done: plan, rows and time of each step.",
       .takes_text = true,
       .maximum_words = 1,
       .completes_keys = true,
       .run = explain},
  };
}

}  // namespace ashlar::tools
