#include "query/distinct_cursor.h"

#include <utility>

#include "base/try.h"
#include "document/json_order.h"
#include "document/json_text.h"

namespace ashlar {

DistinctCursor::DistinctCursor(std::unique_ptr<QueryRun> run) : run_(std::move(run)) {
  next();
}

void DistinctCursor::next() {
  valid_ = false;
  if (status_.ok()) status_ = load();
}

Status DistinctCursor::load() {
  for (;;) {
    ASHLAR_TRY_ASSIGN(const bool found, run_->next());
    if (!found) return {};
    std::string_view values = run_->row().order;
    text_.clear();
    if (const auto text = text_in_order_key(values)) {
      append_json_string(*text, &text_);
      valid_ = true;
      return {};
    }
    ASHLAR_TRY_ASSIGN(const JsonValue value, take_order_key(&values, false));
    // Its elements count, and the index covers the query only if no array has any.
    if (value.is_array()) continue;
    append_json(value, &text_);
    valid_ = true;
    return {};
  }
}

}  // namespace ashlar
