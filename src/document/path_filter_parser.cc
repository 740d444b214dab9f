// The part of PathParser that reads filters.
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/try.h"
#include "document/path_parser.h"

namespace ashlar {
namespace {

// The longer ones first.
constexpr std::array<std::pair<std::string_view, PathComparator>, 6> kComparators = {{
    {"==", PathComparator::kEqual},
    {"!=", PathComparator::kNotEqual},
    {"<=", PathComparator::kLessOrEqual},
    {">=", PathComparator::kGreaterOrEqual},
    {"<", PathComparator::kLess},
    {">", PathComparator::kGreater},
}};

std::optional<PathComparator> take_comparator(PathScanner* scanner) {
  for (const auto& [sign, comparator] : kComparators) {
    if (scanner->take(sign)) return comparator;
  }
  return std::nullopt;
}

// A singular query as the grammar of comparisons spells it.
bool is_strictly_singular(const PathQuery& query) {
  for (const PathSegment& segment : query.segments) {
    if (segment.blank_in_brackets) return false;
  }
  return query.is_singular();
}

// The one part itself, or all under one roof.
PathFilter joined(PathFilter::Kind kind, std::vector<PathFilter> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  PathFilter filter;
  filter.kind = kind;
  filter.parts = std::move(parts);
  return filter;
}

const PathFunction* called(const PathOperand& operand) {
  const auto* call = std::get_if<std::shared_ptr<const PathCall>>(&operand);
  return call == nullptr ? nullptr : (*call)->function;
}

}  // namespace

Status PathParser::enter() {
  if (++nesting_ <= kMaximumPathNesting) return {};
  return scanner_.error("nested deeper than " + std::to_string(kMaximumPathNesting));
}

Result<PathFilter> PathParser::take_filter() {
  ASHLAR_TRY(enter());
  std::vector<PathFilter> parts;
  std::size_t end = 0;
  do {
    scanner_.skip_blanks();
    ASHLAR_TRY_ASSIGN(parts.emplace_back(), take_conjunction());
    end = scanner_.offset();
    scanner_.skip_blanks();
  } while (scanner_.take("||"));
  scanner_.move_to(end);
  --nesting_;
  return joined(PathFilter::Kind::kOr, std::move(parts));
}

Result<PathFilter> PathParser::take_conjunction() {
  std::vector<PathFilter> parts;
  std::size_t end = 0;
  do {
    scanner_.skip_blanks();
    ASHLAR_TRY_ASSIGN(parts.emplace_back(), take_term());
    end = scanner_.offset();
    scanner_.skip_blanks();
  } while (scanner_.take("&&"));
  scanner_.move_to(end);
  return joined(PathFilter::Kind::kAnd, std::move(parts));
}

Result<PathFilter> PathParser::take_term() {
  if (scanner_.peek() == '(') return take_parentheses();
  if (!scanner_.take("!")) return take_test_or_comparison(false);
  scanner_.skip_blanks();
  PathFilter filter;
  filter.kind = PathFilter::Kind::kNot;
  if (scanner_.peek() == '(') {
    ASHLAR_TRY_ASSIGN(filter.parts.emplace_back(), take_parentheses());
  } else {
    ASHLAR_TRY_ASSIGN(filter.parts.emplace_back(), take_test_or_comparison(true));
  }
  return filter;
}

Result<PathFilter> PathParser::take_parentheses() {
  scanner_.take("(");
  ASHLAR_TRY_ASSIGN(PathFilter filter, take_filter());
  scanner_.skip_blanks();
  if (!scanner_.take(")")) return scanner_.error("a ) is missing");
  return filter;
}

Result<PathFilter> PathParser::take_test_or_comparison(bool test_only) {
  PathFilter filter;
  const std::size_t start = scanner_.offset();
  ASHLAR_TRY_ASSIGN(filter.operands.emplace_back(), take_operand());
  const std::size_t end = scanner_.offset();
  scanner_.skip_blanks();
  const std::size_t sign = scanner_.offset();
  const auto comparator = take_comparator(&scanner_);
  if (!comparator) {
    scanner_.move_to(end);
    ASHLAR_TRY(check_test(filter.operands.front(), start));
    return filter;
  }
  if (test_only) return PathScanner::error_at(sign, "! cannot stand in front of a comparison");
  filter.kind = PathFilter::Kind::kComparison;
  filter.comparator = *comparator;
  ASHLAR_TRY(check_comparable(filter.operands.front(), start));
  scanner_.skip_blanks();
  const std::size_t right = scanner_.offset();
  ASHLAR_TRY_ASSIGN(filter.operands.emplace_back(), take_operand());
  ASHLAR_TRY(check_comparable(filter.operands.back(), right));
  return filter;
}

Result<PathOperand> PathParser::take_operand() {
  const char first = scanner_.peek();
  if (first == '@' || first == '$') return take_query_operand();
  if (first == '\'' || first == '"') {
    ASHLAR_TRY_ASSIGN(std::string text, scanner_.take_string());
    return PathOperand(JsonValue::string(std::move(text)));
  }
  if (first == '-' || (first >= '0' && first <= '9')) {
    ASHLAR_TRY_ASSIGN(JsonValue number, scanner_.take_number());
    return PathOperand(std::move(number));
  }
  const std::size_t start = scanner_.offset();
  const std::string_view word = scanner_.take_word();
  if (!word.empty() && scanner_.peek() == '(') return take_call(start, word);
  if (word == "null") return PathOperand(JsonValue());
  if (word == "true") return PathOperand(JsonValue::boolean(true));
  if (word == "false") return PathOperand(JsonValue::boolean(false));
  return PathScanner::error_at(start, "a path, a literal or a function is missing");
}

Result<PathOperand> PathParser::take_query_operand() {
  PathQuery query;
  query.from_root = scanner_.take("$");
  if (!query.from_root) scanner_.take("@");
  ASHLAR_TRY(take_segments(&query));
  return PathOperand(std::move(query));
}

Result<PathOperand> PathParser::take_call(std::size_t start, std::string_view name) {
  PathCall call;
  call.function = find_path_function(name);
  if (call.function == nullptr) {
    return PathScanner::error_at(start, "there is no function " + std::string(name));
  }
  ASHLAR_TRY(enter());
  ASHLAR_TRY(take_arguments(&call));
  --nesting_;
  if (call.function->takes_pattern) {
    const auto* literal = std::get_if<JsonValue>(&call.arguments.back());
    if (literal != nullptr) {
      call.pattern = literal->is_string() ? PathPattern::compile(literal->as_text()) : nullptr;
    }
  }
  return PathOperand(std::make_shared<const PathCall>(std::move(call)));
}

Status PathParser::take_arguments(PathCall* call) {
  const auto& parameters = call->function->parameters;
  scanner_.take("(");
  scanner_.skip_blanks();
  while (scanner_.peek() != ')' || !call->arguments.empty()) {
    const std::size_t start = scanner_.offset();
    if (call->arguments.size() == parameters.size()) {
      return scanner_.error("too many arguments");
    }
    const PathType wanted = parameters[call->arguments.size()];
    ASHLAR_TRY_ASSIGN(call->arguments.emplace_back(), take_operand());
    ASHLAR_TRY(check_argument(call->arguments.back(), wanted, start));
    scanner_.skip_blanks();
    if (!scanner_.take(",")) break;
    scanner_.skip_blanks();
  }
  if (call->arguments.size() < parameters.size()) return scanner_.error("an argument is missing");
  if (!scanner_.take(")")) return scanner_.error("a comma or ) is missing");
  return {};
}

Status PathParser::check_argument(const PathOperand& argument, PathType wanted,
                                  std::size_t offset) const {
  if (wanted == PathType::kValue) {
    return check_comparable(argument, offset);
  }
  if (std::holds_alternative<PathQuery>(argument)) return {};
  return PathScanner::error_at(offset, "this function takes a path");
}

Status PathParser::check_test(const PathOperand& operand, std::size_t offset) const {
  if (std::holds_alternative<JsonValue>(operand)) {
    return PathScanner::error_at(offset, "a literal must be compared with something");
  }
  const PathFunction* function = called(operand);
  if (function != nullptr && function->result != PathType::kLogical) {
    return PathScanner::error_at(offset, "the function's result must be compared with something");
  }
  return {};
}

Status PathParser::check_comparable(const PathOperand& operand, std::size_t offset) const {
  const auto* query = std::get_if<PathQuery>(&operand);
  if (query != nullptr && !is_strictly_singular(*query)) {
    return PathScanner::error_at(offset, "a path that may mean several values where one is needed");
  }
  const PathFunction* function = called(operand);
  if (function != nullptr && function->result != PathType::kValue) {
    return PathScanner::error_at(offset, "this function's result is no value");
  }
  return {};
}

}  // namespace ashlar
