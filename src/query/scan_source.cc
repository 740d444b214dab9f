// All documents with a prefix, in the order of their keys.
#include "base/key_prefix.h"
#include "base/try.h"
#include "query/row_source.h"

namespace ashlar {
namespace {

class ScanSource : public RowSource {
 public:
  ScanSource(PlanNode& node, const RunContext& context) : actual_(node.actual) {
    const QuerySpec& spec = context.spec;
    CursorBounds bounds{spec.prefix, end_of_prefix(spec.prefix)};
    bounds.user_keys = true;
    if (context.order == RowOrder::kByKey && spec.after) bounds.from = spec.after->key + '\0';
    cursor_ = context.moment.new_cursor(std::move(bounds));
  }

  Result<bool> next(Row* row) override {
    if (has_begun_) cursor_->next();
    has_begun_ = true;
    if (!cursor_->valid()) {
      ASHLAR_TRY(cursor_->status());
      return false;
    }
    ++actual_.documents;
    const Entry entry = cursor_->entry();
    row->key.assign(entry.key);
    row->text.assign(entry.value);
    row->order.clear();
    row->parsed = Row::Parsed::kNothing;
    return true;
  }

 private:
  PlanNode::Actual& actual_;
  std::unique_ptr<Cursor> cursor_;
  bool has_begun_ = false;
};

}  // namespace

std::unique_ptr<RowSource> make_scan(PlanNode& node, const RunContext& context) {
  return std::make_unique<ScanSource>(node, context);
}

}  // namespace ashlar
