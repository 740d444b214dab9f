// The commands about documents as a person types them. All of their grammar is here:
//
//   find, count, explain   [PREFIX] [where FILTER] CLAUSE...
//   distinct               PREFIX FIELD [where FILTER] CLAUSE...
//   group                  [PREFIX] [by FIELD, …] [compute VALUE, …] [where FILTER] CLAUSE...
//   update                 PREFIX where FILTER CHANGE, … CLAUSE...
//   delete                 PREFIX where FILTER CLAUSE...
//   index                  create NAME on PREFIX fields FIELD [desc], … [unique] [sparse]
//                            [where FILTER] [collation LOCALE]
//                          list, drop NAME
//
//   CLAUSE   select FIELD, …   without FIELD, …   order by FIELD [asc|desc], …   limit N   skip N
//            after TOKEN   plan scan|index NAME|intersect NAME NAME …|union
//   VALUE    count | sum FIELD | avg FIELD | min FIELD | max FIELD   each with [as NAME]
//   CHANGE   set FIELD = JSON | unset FIELD | increment FIELD [by N] | append FIELD JSON |
//            merge {…}; a verb need not be repeated: set a = 1, b = 2
//
// Clauses stand in any order, each once. FILTER: docs/QUERIES.md; it ends at a word that begins a
// clause, unless that stands behind where, and, or, not or any, or in brackets. A PREFIX with
// blanks, or one that is a clause's word, stands in quotes; "" is the prefix of all keys.
//
// All functions: kInvalidArgument with the text and a caret below the place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ashlar/index.h"
#include "ashlar/query.h"
#include "ashlar/result.h"

namespace ashlar::tools {

struct QueryText {
  std::string prefix;
  std::string filter;
  bool has_filter = false;
  QueryOptions options;
  std::string field;   // distinct
  Grouping grouping;   // group: every value has a name
  std::string update;  // update: JSON for Database::update_where
};

// `command` is one of the names above.
Result<QueryText> parse_query(std::string_view command, std::string_view text);

struct IndexText {
  enum class Action : unsigned char { kCreate, kList, kDrop };
  Action action = Action::kList;
  std::string name;
  IndexOptions options;
};

Result<IndexText> parse_index_text(std::string_view text);

// The words that may begin a clause of the command; none if it is none of the above.
std::vector<std::string_view> clause_words(std::string_view command);

}  // namespace ashlar::tools
