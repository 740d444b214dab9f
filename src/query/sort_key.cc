#include "query/sort_key.h"

#include "document/json_order.h"
#include "filter/path_values.h"

namespace ashlar {

std::string sort_key(const std::vector<SortPath>& sort, const JsonValue& document) {
  static const JsonValue null;
  std::string key;
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
    append_order_key(*first, field.descending, &key);
  }
  return key;
}

}  // namespace ashlar
