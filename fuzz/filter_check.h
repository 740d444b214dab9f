// What must hold for any filter that could be read.
#pragma once

#include "base/check.h"
#include "document/json_text.h"
#include "filter/filter.h"

namespace ashlar {

// Each spelling reads as the same filter, and both match the same documents.
inline void check_spellings(const Filter& filter) {
  const auto from_text = Filter::parse(filter.to_text());
  ASHLAR_CHECK(from_text.ok() && same_filter(from_text->root(), filter.root()));
  const auto from_json = Filter::parse(filter.to_json());
  ASHLAR_CHECK(from_json.ok() && same_filter(from_json->root(), filter.root()));
  for (const char* const text :
       {R"({"a":1,"b":"x","tags":["new","old"],"items":[{"n":1},{"n":"x","s":[]},3]})",
        "[1,[2]]"}) {
    const auto document = parse_json(text);
    ASHLAR_CHECK(document.ok());
    ASHLAR_CHECK(filter.matches(*document) == from_text->matches(*document));
    ASHLAR_CHECK(filter.matches(*document) == from_json->matches(*document));
  }
}

}  // namespace ashlar
