#include "index/build_progress.h"

#include "document/json_text.h"
#include "document/json_value.h"

namespace ashlar {

std::string BuildProgress::to_text() const {
  // Keys are bytes of any kind, and JSON is not: the key is behind the JSON.
  return to_json(JsonValue::object({{"done", JsonValue::unsigned_integer(documents_done)},
                                    {"total", JsonValue::unsigned_integer(documents_total)}})) +
         "\n" + next;
}

Result<BuildProgress> BuildProgress::parse(std::string_view text) {
  const std::size_t line = text.find('\n');
  const auto json = parse_json(text.substr(0, line));
  if (line == std::string_view::npos || !json.ok()) {
    return Status::corruption("the progress of an index's building is damaged");
  }
  BuildProgress progress;
  const auto number = [&](std::string_view name) -> uint64_t {
    const JsonValue* const member = json->find(name);
    const bool usable = member != nullptr && member->kind() == JsonValue::Kind::kInt;
    return usable ? static_cast<uint64_t>(member->as_int()) : 0;
  };
  progress.documents_done = number("done");
  progress.documents_total = number("total");
  progress.next = text.substr(line + 1);
  return progress;
}

}  // namespace ashlar
