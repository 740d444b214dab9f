#include "tools/query_grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/try.h"
#include "tools/json_text.h"
#include "tools/query_scanner.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

using Kind = QueryToken::Kind;
using Words = std::vector<std::string_view>;

bool is_one_of(const QueryToken& token, const Words& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return token.is_word(word); });
}

// Behind these, and behind an opening bracket, a filter goes on.
bool wants_more(const QueryToken& token) {
  static const Words kWords = {"where", "and", "or", "not", "any"};
  return token.kind == Kind::kOpen || is_one_of(token, kWords);
}

// Up to the first clause. `where` has been taken.
std::string take_filter(QueryScanner& scanner, const Words& clauses) {
  const std::size_t begin = scanner.peek().at;
  std::size_t end = begin;
  int depth = 0;
  for (bool more = true; scanner.peek().kind != Kind::kEnd;) {
    if (depth == 0 && !more && is_one_of(scanner.peek(), clauses)) break;
    const QueryToken token = scanner.take();
    if (token.kind == Kind::kOpen) ++depth;
    if (token.kind == Kind::kClose) --depth;
    more = wants_more(token);
    end = token.end();
  }
  return std::string(scanner.text().substr(begin, end - begin));
}

Result<std::string> take_field(QueryScanner& scanner) {
  if (scanner.peek().kind != Kind::kWord) {
    return scanner.expected("a field, such as age or $.address.city");
  }
  const QueryToken token = scanner.take();
  // Brackets are the business of JSONPath, which begins with a $.
  const bool has_brackets = token.text.find('[') != std::string_view::npos;
  return (has_brackets && !token.text.starts_with('$') ? "$." : "") + std::string(token.text);
}

Status take_fields(QueryScanner& scanner, std::vector<std::string>* fields) {
  do {
    if (!fields->empty()) scanner.take();
    ASHLAR_TRY_ASSIGN(fields->emplace_back(), take_field(scanner));
  } while (scanner.peek().kind == Kind::kComma);
  return {};
}

Status take_ordered_fields(QueryScanner& scanner, std::vector<IndexField>* fields) {
  do {
    if (!fields->empty()) scanner.take();
    ASHLAR_TRY_ASSIGN(IndexField field, take_field(scanner));
    field.descending = scanner.take_word("desc") || scanner.take_word("descending");
    if (!field.descending && !scanner.take_word("asc")) scanner.take_word("ascending");
    fields->push_back(std::move(field));
  } while (scanner.peek().kind == Kind::kComma);
  return {};
}

Status take_number(QueryScanner& scanner, uint64_t* number) {
  const auto parsed = parse_count(scanner.peek().text);
  if (!parsed.ok()) return scanner.expected("a whole number");
  scanner.take();
  *number = *parsed;
  return {};
}

// Words up to the next clause, with one blank between them.
Status take_plan(QueryScanner& scanner, const Words& clauses, std::string* plan) {
  while (scanner.peek().kind != Kind::kEnd && !is_one_of(scanner.peek(), clauses)) {
    ASHLAR_TRY_ASSIGN(const std::string word, scanner.take_shell_word("a plan"));
    *plan += (plan->empty() ? "" : " ") + word;
  }
  return plan->empty() ? scanner.expected("scan, index NAME, intersect NAME NAME … or union")
                       : Status();
}

// --- Changes -----------------------------------------------------------------------------------

// The operators of Database::update_where, with what is collected for each, as JSON.
struct Changes {
  std::map<std::string_view, std::string> members;  // of "$set" and so on
  std::string merge;

  void add(std::string_view name, std::string_view field, std::string_view json) {
    std::string& text = members[name];
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", json_string(field), json);
  }
  std::string to_json() const {
    if (!merge.empty()) return merge;
    std::string text;
    for (const auto& [name, fields] : members) {
      text += fmt::format("{}{}: {{{}}}", text.empty() ? "" : ", ", json_string(name), fields);
    }
    return fmt::format("{{{}}}", text);
  }
};

const Words kVerbs = {"set", "unset", "increment", "append", "merge"};

Status take_change(QueryScanner& scanner, std::string_view verb, Changes* changes) {
  if (verb == "merge") {
    if (scanner.peek().text != "{") return scanner.expected("a JSON object");
    ASHLAR_TRY_ASSIGN(changes->merge, scanner.take_json("an object"));
    return {};
  }
  ASHLAR_TRY_ASSIGN(const std::string field, take_field(scanner));
  std::string value = "true";
  if (verb == "set") {
    if (scanner.peek().text != "=") return scanner.expected("=");
    scanner.take();
    ASHLAR_TRY_ASSIGN(value, scanner.take_json("what to set"));
    changes->add("$set", field, value);
  } else if (verb == "unset") {
    changes->add("$unset", field, value);
  } else if (verb == "append") {
    ASHLAR_TRY_ASSIGN(value, scanner.take_json("what to append"));
    changes->add("$push", field, value);
  } else {
    value = "1";
    if (scanner.take_word("by")) {
      ASHLAR_TRY_ASSIGN(value, scanner.take_json("a number"));
    }
    changes->add("$inc", field, value);
  }
  return {};
}

// Changes from a verb on, as long as commas or verbs follow.
Status take_changes(QueryScanner& scanner, Changes* changes) {
  std::string_view verb;
  for (bool more = true; more;) {
    const std::size_t at = scanner.peek().at;
    if (is_one_of(scanner.peek(), kVerbs)) {
      const QueryToken word = scanner.take();
      verb = *std::ranges::find_if(kVerbs, [&](auto name) { return word.is_word(name); });
    }
    ASHLAR_TRY(take_change(scanner, verb, changes));
    if (!changes->merge.empty() && (verb != "merge" || !changes->members.empty())) {
      return scanner.error_at(at, "merge stands alone");
    }
    more = scanner.peek().kind == Kind::kComma || is_one_of(scanner.peek(), kVerbs);
    if (scanner.peek().kind == Kind::kComma) scanner.take();
  }
  return {};
}

// --- Values of groups --------------------------------------------------------------------------

struct AggregateWord {
  std::string_view word;
  Aggregate::Kind kind;
};
constexpr std::array<AggregateWord, 5> kAggregates = {{{"count", Aggregate::Kind::kCount},
                                                       {"sum", Aggregate::Kind::kSum},
                                                       {"avg", Aggregate::Kind::kAverage},
                                                       {"min", Aggregate::Kind::kMinimum},
                                                       {"max", Aggregate::Kind::kMaximum}}};

Status take_aggregates(QueryScanner& scanner, std::vector<Aggregate>* values) {
  do {
    if (!values->empty()) scanner.take();
    const auto* found = std::ranges::find_if(
        kAggregates, [&](const AggregateWord& each) { return scanner.peek().is_word(each.word); });
    if (found == kAggregates.end()) return scanner.expected("count, sum, avg, min or max");
    scanner.take();
    Aggregate value{found->kind, {}, std::string(found->word)};
    if (value.kind != Aggregate::Kind::kCount) {
      ASHLAR_TRY_ASSIGN(value.field, take_field(scanner));
      value.name += "_" + value.field;
    }
    if (scanner.take_word("as")) {
      ASHLAR_TRY_ASSIGN(value.name, take_field(scanner));
    }
    values->push_back(std::move(value));
  } while (scanner.peek().kind == Kind::kComma);
  return {};
}

// --- Queries -----------------------------------------------------------------------------------

class QueryParser {
 public:
  QueryParser(std::string_view command, std::string_view text)
      : command_(command), clauses_(clause_words(command)), scanner_(text) {}

  Result<QueryText> parse() {
    if (command_ == "explain") scanner_.take_word("find");
    ASHLAR_TRY(take_prefix());
    if (command_ == "distinct") {
      ASHLAR_TRY_ASSIGN(query_.field, take_field(scanner_));
    }
    while (scanner_.peek().kind != Kind::kEnd) ASHLAR_TRY(take_clause());
    if (is_change() && !query_.has_filter) {
      return scanner_.expected("where, and which documents; where true means all");
    }
    if (command_ == "update") {
      query_.update = changes_.to_json();
      if (query_.update == "{}") return scanner_.expected("a change: set, unset, increment, …");
    }
    if (command_ == "group" && query_.grouping.values.empty()) {
      query_.grouping.values.push_back(count("count"));
    }
    return std::move(query_);
  }

 private:
  bool is_change() const { return command_ == "update" || command_ == "delete"; }

  Status take_prefix() {
    const bool absent = scanner_.peek().kind == Kind::kEnd || is_one_of(scanner_.peek(), clauses_);
    if (absent && (is_change() || command_ == "distinct")) {
      return scanner_.expected("the prefix of the keys; \"\" means all");
    }
    if (absent) return {};
    ASHLAR_TRY_ASSIGN(query_.prefix, scanner_.take_shell_word("a prefix"));
    return {};
  }

  Status take_clause() {
    const QueryToken word = scanner_.peek();
    const auto clause =
        std::ranges::find_if(clauses_, [&](std::string_view name) { return word.is_word(name); });
    if (clause == clauses_.end()) return scanner_.expected(choices());
    const bool is_verb = is_one_of(word, kVerbs);
    if (std::ranges::find(seen_, *clause) != seen_.end() && !is_verb) {
      return scanner_.error_at(word.at, fmt::format("{} stands here a second time", *clause));
    }
    seen_.push_back(*clause);
    if (is_verb) return take_changes(scanner_, &changes_);
    scanner_.take();
    return take_operands(*clause);
  }

  Status take_operands(std::string_view clause) {
    QueryOptions& options = query_.options;
    if (clause == "where") {
      query_.has_filter = true;
      query_.filter = take_filter(scanner_, clauses_);
      return query_.filter.empty() ? scanner_.expected("a condition") : Status();
    }
    if (clause == "order") {
      ASHLAR_TRY(scanner_.expect_word("by"));
      return take_ordered_fields(scanner_, &options.sort);
    }
    if (clause == "select") return take_fields(scanner_, &options.fields);
    if (clause == "without") return take_fields(scanner_, &options.without);
    if (clause == "limit") return take_number(scanner_, &options.limit);
    if (clause == "skip") return take_number(scanner_, &options.skip);
    if (clause == "by") return take_fields(scanner_, &query_.grouping.by);
    if (clause == "compute") return take_aggregates(scanner_, &query_.grouping.values);
    if (clause == "plan") return take_plan(scanner_, clauses_, &options.plan);
    ASHLAR_TRY_ASSIGN(options.after, scanner_.take_shell_word("a token, as find --token shows it"));
    return {};
  }

  std::string choices() const {
    std::string text;
    for (const std::string_view word : clauses_) {
      text += fmt::format("{}{}",
                          text.empty()              ? ""
                          : word == clauses_.back() ? " or "
                                                    : ", ",
                          word);
    }
    return text;
  }

  const std::string_view command_;
  const Words clauses_;
  QueryScanner scanner_;
  Words seen_;
  Changes changes_;
  QueryText query_;
};

// --- Indexes -----------------------------------------------------------------------------------

Status take_index_clause(QueryScanner& scanner, const Words& clauses, IndexOptions* options) {
  if (scanner.take_word("on")) {
    ASHLAR_TRY_ASSIGN(options->prefix, scanner.take_shell_word("a prefix"));
  } else if (scanner.take_word("fields")) {
    return take_ordered_fields(scanner, &options->fields);
  } else if (scanner.take_word("unique")) {
    options->unique = true;
  } else if (scanner.take_word("sparse")) {
    options->sparse = true;
  } else if (scanner.take_word("where")) {
    options->where = take_filter(scanner, clauses);
    if (options->where.empty()) return scanner.expected("a condition");
  } else if (scanner.take_word("collation")) {
    ASHLAR_TRY_ASSIGN(options->collation, scanner.take_shell_word("a locale, such as de"));
  } else {
    return scanner.expected("on, fields, unique, sparse, where or collation");
  }
  return {};
}

}  // namespace

std::vector<std::string_view> clause_words(std::string_view command) {
  if (command == "find" || command == "explain") {
    return {"where", "select", "without", "order", "limit", "skip", "after", "plan"};
  }
  if (command == "count" || command == "distinct") return {"where", "limit", "skip", "plan"};
  if (command == "group") return {"by", "compute", "where", "limit", "skip", "plan"};
  if (command == "delete") return {"where", "order", "limit", "skip", "plan"};
  if (command == "update") {
    return {"where", "set",   "unset", "increment", "append",
            "merge", "order", "limit", "skip",      "plan"};
  }
  if (command == "index") return {"on", "fields", "unique", "sparse", "where", "collation"};
  return {};
}

Result<QueryText> parse_query(std::string_view command, std::string_view text) {
  return QueryParser(command, text).parse();
}

Result<IndexText> parse_index_text(std::string_view text) {
  QueryScanner scanner(text);
  IndexText index;
  if (scanner.take_word("create")) {
    index.action = IndexText::Action::kCreate;
    ASHLAR_TRY_ASSIGN(index.name, scanner.take_shell_word("a name for the index"));
    const Words clauses = clause_words("index");
    while (scanner.peek().kind != Kind::kEnd) {
      ASHLAR_TRY(take_index_clause(scanner, clauses, &index.options));
    }
    if (index.options.fields.empty()) return scanner.expected("fields, and which to index");
  } else if (scanner.take_word("drop")) {
    index.action = IndexText::Action::kDrop;
    ASHLAR_TRY_ASSIGN(index.name, scanner.take_shell_word("the name of an index"));
  } else if (!scanner.take_word("list")) {
    return scanner.expected("create, list or drop");
  }
  return scanner.peek().kind == Kind::kEnd ? Result<IndexText>(std::move(index))
                                           : scanner.expected("nothing more");
}

}  // namespace ashlar::tools
