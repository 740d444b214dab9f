// What an index stores, from any bytes. The first byte says which: 'd' the definition of an index,
// and behind a zero byte a document that it enters; 'e' key and value of an entry, with a zero byte
// between them; 'k' a key of the catalogue; 'p' how far the building of an index has come.
#include <string>

#include "document/json_order.h"
#include "document/json_text.h"
#include "fuzz.h"
#include "index/build_progress.h"
#include "index/index.h"
#include "index/index_definition.h"
#include "index/index_keys.h"

namespace ashlar {
namespace {

constexpr IndexId kId = 7;
constexpr std::string_view kDocumentKey = "user:1";

// An entry that was made comes apart into what it was made of.
void check_entry(const Index& index, const DocumentEntries::Entry& made) {
  const auto id = id_of_entry_key(made.key);
  ASHLAR_CHECK(id.ok() && *id == kId);
  const auto entry = split_entry(made.key, made.value);
  ASHLAR_CHECK(entry.ok() && entry->key == kDocumentKey);
  const auto values = index.decode_values(entry->values);
  ASHLAR_CHECK(values.ok() && values->size() == index.field_count());
  std::string again;
  for (std::size_t field = 0; field < values->size(); ++field) {
    append_order_key((*values)[field], index.descending(field), &again);
  }
  ASHLAR_CHECK(again == entry->values);
  ASHLAR_CHECK(index.describe_values(entry->values).ends_with(")"));
  ASHLAR_CHECK(!index.decode_values(std::string(entry->values) + "x").ok());
}

// A document in which every field has one value at most has the same entry by the short way.
void check_short_way(const Index& index, std::string_view text, const DocumentEntries& made) {
  WantedScalars wanted;
  std::vector<std::size_t> places;
  for (std::size_t field = 0; field < index.field_count(); ++field) {
    places.push_back(wanted.add(index.path(field)));
  }
  std::vector<ScalarText> found(wanted.places());
  if (!index.options().where.empty() || !read_scalars(text, wanted, found.data())) return;
  DocumentEntries::Entry entry;
  const auto has = index.make_entry(kDocumentKey, found.data(), places, &entry);
  ASHLAR_CHECK(has.ok() && *has == !made.entries.empty());
  if (*has) ASHLAR_CHECK(made.entries.size() == 1 && made.entries.front() == entry);
}

void check_document(const Index& index, std::string_view text) {
  const auto document = parse_json(text);
  if (!document.ok()) return;
  DocumentEntries made;
  const Status entered = index.append_entries(kDocumentKey, *document, &made);
  if (!entered.ok()) {
    ASHLAR_CHECK(entered.is(StatusCode::kTooLarge));
    return;
  }
  for (const DocumentEntries::Entry& entry : made.entries) check_entry(index, entry);
  for (const std::string& trait : made.traits) {
    index.note_stored_trait(trait);
    ASHLAR_CHECK(index.is_trait_stored(trait));
  }
  check_short_way(index, text, made);
  WantedParts wanted;
  index.add_wanted_parts(&wanted);
}

void check_definition(std::string_view bytes) {
  const std::size_t split = bytes.find('\0');
  const auto definition = IndexDefinition::parse(kId, bytes.substr(0, split));
  if (!definition.ok()) {
    ASHLAR_CHECK(!definition.status().message().empty());
    return;
  }
  const std::string text = definition->to_text();
  const auto again = IndexDefinition::parse(kId, text);
  ASHLAR_CHECK(again.ok() && again->to_text() == text);
  const auto index = Index::make(*definition);
  if (!index.ok()) {
    ASHLAR_CHECK(index.status().is(StatusCode::kInvalidArgument));
    return;
  }
  const std::string& prefix = (*index)->stored_prefix();
  ASHLAR_CHECK((*index)->covers_nothing_beside(prefix, ""));
  (void)(*index)->covers_some_of(bytes.substr(0, bytes.size() / 2), bytes);
  if (split != std::string_view::npos) check_document(**index, bytes.substr(split + 1));
}

void check_stored_entry(std::string_view bytes) {
  const std::size_t split = bytes.find('\0');
  const std::string_view key = bytes.substr(0, split);
  const std::string_view value =
      split == std::string_view::npos ? std::string_view() : bytes.substr(split + 1);
  const std::string whole = entries_begin(kId).append(key);
  const auto entry = split_entry(whole, value);
  if (!entry.ok()) {
    ASHLAR_CHECK(entry.status().is(StatusCode::kCorruption));
    return;
  }
  const bool unique = whole.size() == kEntriesBeginBytes + entry->values.size();
  ASHLAR_CHECK(!entry->key.empty());
  // The same halves give the same value, but for a varint that could be shorter.
  const std::string made = unique ? unique_entry_value(entry->values.size(), entry->key)
                                  : entry_value(entry->values.size());
  const auto again = split_entry(whole, made);
  ASHLAR_CHECK(again.ok() && again->key == entry->key && again->values == entry->values);
  IndexDefinition definition;
  definition.id = kId;
  definition.name = "n";
  definition.options.fields = {"$.a", "$.b"};
  definition.options.fields.back().descending = true;
  const auto index = Index::make(definition);
  ASHLAR_CHECK(index.ok());
  const bool sound = (*index)->decode_values(entry->values).ok();
  const std::string described = (*index)->describe_values(entry->values);
  if (sound) ASHLAR_CHECK(!described.ends_with("?)"));
}

void check_key(std::string_view key) {
  if (const auto id = id_of_definition_key(key); id.ok()) {
    ASHLAR_CHECK(definition_key(*id) == key && key < end_of_definitions());
    ASHLAR_CHECK(progress_key(*id) != key && !traits_begin(*id).empty());
  }
  if (const auto id = id_of_entry_key(key); id.ok()) {
    ASHLAR_CHECK(key.starts_with(entries_begin(*id)));
  }
}

void check_progress(std::string_view text) {
  const auto progress = BuildProgress::parse(text);
  if (!progress.ok()) {
    ASHLAR_CHECK(progress.status().is(StatusCode::kCorruption));
    return;
  }
  const auto again = BuildProgress::parse(progress->to_text());
  ASHLAR_CHECK(again.ok() && again->next == progress->next);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  if (size == 0) return 0;
  const std::string_view bytes = fuzz_input(data + 1, size - 1);
  if (data[0] == 'd') check_definition(bytes);
  if (data[0] == 'e') check_stored_entry(bytes);
  if (data[0] == 'k') check_key(bytes);
  if (data[0] == 'p') check_progress(bytes);
  return 0;
}
