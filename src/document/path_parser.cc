#include "document/path_parser.h"

#include <memory>
#include <string>
#include <utility>

#include "base/try.h"
#include "document/utf8.h"

namespace ashlar {

bool PathQuery::is_singular() const {
  for (const PathSegment& segment : segments) {
    if (segment.descendant || segment.selectors.size() != 1) return false;
    const auto kind = segment.selectors.front().kind;
    if (kind != PathSelector::Kind::kName && kind != PathSelector::Kind::kIndex) return false;
  }
  return true;
}

Result<PathQuery> PathParser::parse() {
  if (!is_utf8(text_)) return PathScanner::error_at(first_invalid_utf8(text_), "not UTF-8");
  if (!scanner_.take("$")) return scanner_.error("a path begins with $");
  PathQuery query;
  ASHLAR_TRY(take_segments(&query));
  if (!scanner_.at_end()) return scanner_.error("here the path cannot go on like this");
  return query;
}

Result<PathQuery> PathParser::parse_shorthand() {
  if (scanner_.stands_at("$")) return parse();
  if (!is_utf8(text_)) return PathScanner::error_at(first_invalid_utf8(text_), "not UTF-8");
  PathQuery query;
  if (!scanner_.stands_at("[")) {
    PathSegment segment;
    PathSelector& selector = segment.selectors.emplace_back();
    selector.kind = PathSelector::Kind::kName;
    ASHLAR_TRY_ASSIGN(selector.name, scanner_.take_name());
    query.segments.push_back(std::move(segment));
  }
  ASHLAR_TRY(take_segments(&query));
  if (!scanner_.at_end()) return scanner_.error("here the path cannot go on like this");
  return query;
}

Status PathParser::take_segments(PathQuery* query) {
  while (true) {
    const std::size_t end = scanner_.offset();
    scanner_.skip_blanks();
    if (scanner_.peek() != '.' && scanner_.peek() != '[') {
      scanner_.move_to(end);
      return {};
    }
    if (++segments_ > kMaximumPathSegments) {
      return scanner_.error("more than " + std::to_string(kMaximumPathSegments) + " segments");
    }
    ASHLAR_TRY_ASSIGN(query->segments.emplace_back(), take_segment());
  }
}

Result<PathSegment> PathParser::take_segment() {
  PathSegment segment;
  segment.descendant = scanner_.take("..");
  const bool dot = segment.descendant || scanner_.take(".");
  if (scanner_.peek() == '[' && (segment.descendant || !dot)) {
    ASHLAR_TRY(take_brackets(&segment));
    return segment;
  }
  PathSelector& selector = segment.selectors.emplace_back();
  if (!scanner_.take("*")) {
    selector.kind = PathSelector::Kind::kName;
    ASHLAR_TRY_ASSIGN(selector.name, scanner_.take_name());
  }
  return segment;
}

Status PathParser::take_brackets(PathSegment* segment) {
  scanner_.take("[");
  do {
    segment->blank_in_brackets |= scanner_.skip_blanks();
    ASHLAR_TRY_ASSIGN(segment->selectors.emplace_back(), take_selector());
    segment->blank_in_brackets |= scanner_.skip_blanks();
  } while (scanner_.take(","));
  if (!scanner_.take("]")) return scanner_.error("a comma or ] is missing");
  return {};
}

Result<PathSelector> PathParser::take_selector() {
  PathSelector selector;
  if (scanner_.take("*")) return selector;
  if (scanner_.peek() == '\'' || scanner_.peek() == '"') {
    selector.kind = PathSelector::Kind::kName;
    ASHLAR_TRY_ASSIGN(selector.name, scanner_.take_string());
    return selector;
  }
  if (!scanner_.take("?")) return take_index_or_slice();
  selector.kind = PathSelector::Kind::kFilter;
  ASHLAR_TRY_ASSIGN(PathFilter filter, take_filter());
  selector.filter = std::make_shared<const PathFilter>(std::move(filter));
  return selector;
}

Result<PathSelector> PathParser::take_index_or_slice() {
  PathSelector selector;
  if (scanner_.peek() != ':') {
    ASHLAR_TRY_ASSIGN(selector.start, scanner_.take_integer());
  }
  const std::size_t end = scanner_.offset();
  scanner_.skip_blanks();
  if (scanner_.take(":")) {
    selector.kind = PathSelector::Kind::kSlice;
    ASHLAR_TRY(take_slice_end(&selector));
    return selector;
  }
  scanner_.move_to(end);
  selector.kind = PathSelector::Kind::kIndex;
  selector.index = *selector.start;
  return selector;
}

// Behind the first colon.
Status PathParser::take_slice_end(PathSelector* selector) {
  const auto number_follows = [this] {
    scanner_.skip_blanks();
    return scanner_.peek() == '-' || (scanner_.peek() >= '0' && scanner_.peek() <= '9');
  };
  if (number_follows()) {
    ASHLAR_TRY_ASSIGN(selector->end, scanner_.take_integer());
  }
  scanner_.skip_blanks();
  if (scanner_.take(":") && number_follows()) {
    ASHLAR_TRY_ASSIGN(selector->step, scanner_.take_integer());
  }
  return {};
}

}  // namespace ashlar
