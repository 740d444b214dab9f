#include "query/group_cursor.h"

#include <utility>

#include "base/try.h"
#include "document/json_text.h"

namespace ashlar {

GroupCursor::GroupCursor(std::unique_ptr<QueryRun> run, GroupingSpec spec, Engine& engine,
                         Result result)
    : spec_(std::move(spec)), grouper_(engine, spec_), result_(result) {
  status_ = collect(*run);
  next();
}

Status GroupCursor::collect(QueryRun& run) {
  for (;;) {
    ASHLAR_TRY_ASSIGN(const bool found, run.next());
    if (!found) return grouper_.finish();
    const JsonValue& document = run.row().document;
    ASHLAR_TRY(result_ == Result::kGroups ? grouper_.add(document)
                                          : grouper_.add_each_value(document));
  }
}

void GroupCursor::next() {
  valid_ = false;
  if (status_.ok()) status_ = load();
}

Status GroupCursor::load() {
  JsonValue::Array values;
  std::vector<AggregateState> states;
  ASHLAR_TRY_ASSIGN(const bool found, grouper_.next(&values, &states));
  if (!found) return {};
  text_.clear();
  if (result_ == Result::kGroups) {
    append_json(grouper_.to_object(std::move(values), states), &text_);
  } else {
    append_json(values.front(), &text_);
  }
  valid_ = true;
  return {};
}

}  // namespace ashlar
