#include "query/update_text.h"

#include <string>
#include <utility>

#include "base/try.h"
#include "document/json_text.h"
#include "query/query_spec.h"

namespace ashlar {
namespace {

Status add_operator(const std::string& name, const JsonValue& operands, JsonUpdate* update) {
  if (!operands.is_object()) {
    return Status::invalid_argument("update: " + name + " takes an object of fields");
  }
  for (const auto& [field, value] : operands.as_object()) {
    ASHLAR_TRY_ASSIGN(SingularPath path, parse_field(field));
    if (name == "$set") {
      update->set(std::move(path), value);
    } else if (name == "$unset") {
      update->unset(std::move(path));
    } else if (name == "$inc") {
      update->increment(std::move(path), value);
    } else if (name == "$push") {
      update->append(std::move(path), value);
    } else {
      return Status::invalid_argument("update: unknown operator " + name);
    }
  }
  return {};
}

}  // namespace

Result<JsonUpdate> parse_update(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed.ok()) {
    return Status::invalid_argument("update: " + std::string(parsed.status().message()));
  }
  if (!parsed->is_object()) return Status::invalid_argument("update: not an object");
  JsonUpdate update;
  const auto& members = parsed->as_object();
  if (members.empty() || !members.front().name.starts_with('$')) {
    update.merge(std::move(*parsed));
    return update;
  }
  for (const auto& [name, operands] : members) {
    ASHLAR_TRY(add_operator(name, operands, &update));
  }
  return update;
}

}  // namespace ashlar
