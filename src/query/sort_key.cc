#include "query/sort_key.h"

#include "document/json_order.h"
#include "filter/path_values.h"

namespace ashlar {

void append_sort_key(const std::vector<SortPath>& sort, const JsonValue& document,
                     std::string* out) {
  static const JsonValue null;
  for (const SortPath& field : sort) {
    const JsonValue* first = nullptr;
    visit_compared_values(document, field.path, [&](const JsonValue* found) {
      const JsonValue* const value = found != nullptr ? found : &null;
      if (first == nullptr || (field.descending ? compare_json(*first, *value) < 0
                                                : compare_json(*value, *first) < 0)) {
        first = value;
      }
      return false;
    });
    append_order_key(*first, field.descending, out);
  }
}

}  // namespace ashlar
