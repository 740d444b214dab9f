// Parts of documents: reading them by path, and changing them.
#include <optional>
#include <utility>

#include "api/database_parts.h"
#include "ashlar/database.h"
#include "ashlar/update.h"
#include "base/key_space.h"
#include "base/printable.h"
#include "base/try.h"
#include "document/json_path.h"
#include "document/json_text.h"
#include "document/json_update.h"

namespace ashlar {
namespace {

Status with_front(const std::string& front, const Status& status) {
  return Status(status.code(), front + ": " + std::string(status.message()));
}

Result<JsonValue> parse_at(std::string_view key, std::string_view value) {
  auto document = parse_json(value);
  if (document.ok()) return document;
  return with_front("the value of key '" + printable(key) + "' is no document", document.status());
}

Result<std::string> text_at(std::string_view key, std::string_view value, std::string_view path) {
  ASHLAR_TRY_ASSIGN(const SingularPath parsed, SingularPath::parse(path));
  ASHLAR_TRY_ASSIGN(const JsonValue document, parse_at(key, value));
  const JsonValue* const found = parsed.find(document);
  if (found == nullptr) return Status::not_found("nothing at " + parsed.to_string());
  return to_json(*found);
}

Status add_change(const Update::Change& change, JsonUpdate* update) {
  JsonValue value;
  if (change.kind != Update::Kind::kUnset) {
    ASHLAR_TRY_ASSIGN(value, parse_json(change.json));
  }
  if (change.kind == Update::Kind::kMerge) {
    update->merge(std::move(value));
    return {};
  }
  ASHLAR_TRY_ASSIGN(SingularPath path, SingularPath::parse(change.path));
  switch (change.kind) {
    case Update::Kind::kSet:
      update->set(std::move(path), std::move(value));
      break;
    case Update::Kind::kUnset:
      update->unset(std::move(path));
      break;
    case Update::Kind::kIncrement:
      update->increment(std::move(path), std::move(value));
      break;
    case Update::Kind::kAppend:
      update->append(std::move(path), std::move(value));
      break;
    case Update::Kind::kMerge:
      break;
  }
  return {};
}

Result<JsonUpdate> parse_changes(const Update& update) {
  JsonUpdate parsed;
  for (std::size_t i = 0; i < update.changes().size(); ++i) {
    const Status added = add_change(update.changes()[i], &parsed);
    if (!added.ok()) return with_front("change " + std::to_string(i + 1), added);
  }
  return parsed;
}

}  // namespace

Result<std::string> Database::get_path(std::string_view key, std::string_view path,
                                       const ReadOptions& options) const {
  ASHLAR_TRY_ASSIGN(const PinnedValue value, get_pinned(key, options));
  return text_at(key, value.view(), path);
}

Status Database::update(std::string_view key, const Update& update, const WriteOptions& options) {
  if (auto* tx = bound_transaction()) return tx->update(key, update);
  return parts_->write_path().run_transaction(
      options, "update", [&](Transaction& tx) { return tx.update(key, update); });
}

Result<std::string> Transaction::get_path(std::string_view key, std::string_view path) {
  std::string value;
  ASHLAR_TRY(get(key, &value));
  return text_at(key, value, path);
}

Status Transaction::update(std::string_view key, const Update& update) {
  ASHLAR_TRY_ASSIGN(const JsonUpdate changes, parse_changes(update));
  ASHLAR_TRY(check_key(key));
  const StoredKey stored(key);
  std::string value;
  uint64_t expires_at_ms = 0;
  ASHLAR_TRY(state_->get(stored, &value, &expires_at_ms));
  ASHLAR_TRY_ASSIGN(JsonValue document, parse_at(key, value));
  ASHLAR_TRY(changes.apply(&document));
  return state_->set_until(stored, to_json(document), expires_at_ms);
}

}  // namespace ashlar
