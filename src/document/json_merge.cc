#include "document/json_merge.h"

namespace ashlar {

void merge_patch(const JsonValue& patch, JsonValue* target) {
  if (!patch.is_object()) {
    *target = patch;
    return;
  }
  if (!target->is_object()) *target = JsonValue::object();
  JsonValue::Object& members = target->as_object();
  for (const auto& [name, value] : patch.as_object()) {
    if (value.is_null()) {
      std::erase_if(members, [&](const JsonValue::Member& member) { return member.name == name; });
      continue;
    }
    JsonValue* member = target->find(name);
    if (member == nullptr) member = &members.emplace_back(JsonValue::Member{name, {}}).value;
    merge_patch(value, member);
  }
}

}  // namespace ashlar
