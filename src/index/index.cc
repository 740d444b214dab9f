#include "index/index.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/key_prefix.h"
#include "base/limits.h"
#include "base/range_tombstones.h"
#include "base/try.h"
#include "document/json_order.h"
#include "document/json_text.h"
#include "filter/path_values.h"

namespace ashlar {
namespace {

// Values that an entry may hold, with the longest document key behind them.
constexpr std::size_t kMaximumValuesBytes = 60 << 10;
static_assert(kEntriesBeginBytes + kMaximumValuesBytes + kMaximumKeyBytes + 1 <=
              kMaximumStoredKeyBytes);

std::string quoted(const std::string& name) {
  return "index '" + name + "'";
}

Status with_name(const std::string& name, const Status& status) {
  return Status(status.code(), quoted(name) + ": " + std::string(status.message()));
}

// Bit of a trait's key in Index::stored_traits_.
uint64_t trait_bit(std::string_view trait_key) {
  const auto trait = static_cast<unsigned char>(trait_key[trait_key.size() - 2]);
  const auto field = static_cast<unsigned char>(trait_key.back());
  return uint64_t{1} << ((trait - 1u) * kMaximumIndexFields + field);
}

}  // namespace

// What one field contributes to a document's entries.
struct Index::FieldValues {
  struct Encoded {
    std::string bytes;
    bool is_null = false;
  };
  std::vector<Encoded> values;  // distinct
  bool present = false;         // not only missing
};

Index::Index(IndexDefinition definition) : definition_(std::move(definition)) {}

Result<std::shared_ptr<const Index>> Index::make(IndexDefinition definition) {
  const std::string name = definition.name;
  const std::shared_ptr<Index> index(new Index(std::move(definition)));
  if (Status status = index->compile(); !status.ok()) return with_name(name, status);
  return std::shared_ptr<const Index>(index);
}

Status Index::compile() {
  if (name().empty() || name().size() > kMaximumIndexNameBytes) {
    return Status::invalid_argument("a name has 1 to " + std::to_string(kMaximumIndexNameBytes) +
                                    " bytes");
  }
  const IndexOptions& wanted = options();
  if (wanted.fields.empty() || wanted.fields.size() > kMaximumIndexFields) {
    return Status::invalid_argument("an index has 1 to " + std::to_string(kMaximumIndexFields) +
                                    " fields");
  }
  if (wanted.prefix.size() > kMaximumKeyBytes) {
    return Status::invalid_argument("the prefix is longer than any key");
  }
  for (const IndexField& field : wanted.fields) {
    ASHLAR_TRY_ASSIGN(SingularPath path, SingularPath::parse(field.path));
    paths_.push_back(std::move(path));
  }
  ASHLAR_TRY_ASSIGN(filter_, Filter::parse(wanted.where));
  if (!wanted.collation.empty()) {
    ASHLAR_TRY_ASSIGN(collation_, Collation::open(wanted.collation));
  }
  stored_prefix_ = std::string(StoredKey(wanted.prefix).view());
  entries_begin_ = ashlar::entries_begin(id());
  entries_end_ = end_of_prefix(entries_begin_);
  return {};
}

bool Index::covers_some_of(std::string_view from, std::string_view to) const {
  const bool system_only = from >= kSystemKeysBegin && !to.empty() && to <= kSystemKeysEnd;
  return !system_only && before_end(stored_prefix_, to) &&
         before_end(from, end_of_prefix(stored_prefix_));
}

bool Index::covers_nothing_beside(std::string_view from, std::string_view to) const {
  const std::string end = end_of_prefix(stored_prefix_);
  return from <= stored_prefix_ && (to.empty() || (!end.empty() && end <= to));
}

void Index::add_wanted_parts(WantedParts* wanted) const {
  ashlar::add_wanted_parts(filter_.root(), wanted);
  for (const SingularPath& path : paths_) wanted->add(path);
}

void Index::append_value(std::size_t field, const JsonValue& value, std::string* out) const {
  if (collation_ != nullptr && value.is_string()) {
    append_order_key(JsonValue::string(collation_->sort_key(value.as_text())), descending(field),
                     out);
  } else {
    append_order_key(value, descending(field), out);
  }
}

void Index::append_value(std::size_t field, const ScalarText& value, std::string* out) const {
  if (collation_ != nullptr && value.kind == ScalarText::Kind::kString) {
    append_text_order_key(collation_->sort_key(value.text), descending(field), out);
  } else {
    append_order_key(value, descending(field), out);
  }
}

Status Index::collect(std::size_t field, const JsonValue& document, FieldValues* found,
                      DocumentEntries* out) const {
  const JsonValue null;
  std::set<std::string> seen;
  bool long_array = false;
  bool too_many = false;
  // Nothing is remembered of a single value, which most fields have.
  const auto is_new = [&](const std::string& bytes) {
    if (seen.empty()) seen.insert(found->values.front().bytes);
    return seen.insert(bytes).second;
  };
  const auto add = [&](const JsonValue& value) {
    FieldValues::Encoded encoded;
    append_value(field, value, &encoded.bytes);
    encoded.is_null = value.is_null();
    if (value.is_array() && encoded.bytes.size() > kLongestWholeArrayBytes) {
      long_array = true;
    } else if (found->values.empty() || is_new(encoded.bytes)) {
      found->values.push_back(std::move(encoded));
      too_many = found->values.size() > kMaximumEntriesPerDocument;
    }
    return too_many;
  };
  visit_compared_values(document, paths_[field], [&](const JsonValue* value) {
    found->present = found->present || value != nullptr;
    return add(value != nullptr ? *value : null);
  });
  if (too_many) {
    return Status::too_large(quoted(name()) + ": more than " +
                             std::to_string(kMaximumEntriesPerDocument) + " values at " +
                             options().fields[field].path);
  }
  if (long_array) out->traits.push_back(trait_key(id(), IndexTrait::kLongArrays, field));
  // Every document has an entry: one that has nothing but long arrays, that of an empty one.
  if (found->values.empty()) add(JsonValue::array());
  if (found->values.size() > 1 || long_array) {
    out->traits.push_back(trait_key(id(), IndexTrait::kManyValues, field));
  }
  return {};
}

Status Index::check_values_size(std::size_t bytes) const {
  if (bytes <= kMaximumValuesBytes) return {};
  return Status::too_large(quoted(name()) + ": values take " + std::to_string(bytes) +
                           " bytes; the limit is " + std::to_string(kMaximumValuesBytes));
}

void Index::add_entry(std::string_view document_key, std::string_view values, bool exclusive,
                      DocumentEntries* out) const {
  DocumentEntries::Entry entry;
  entry.exclusive = exclusive;
  entry.key.append(entries_begin_).append(values);
  end_entry(document_key, &entry);
  out->entries.push_back(std::move(entry));
}

void Index::end_entry(std::string_view document_key, DocumentEntries::Entry* entry) const {
  const std::size_t values_bytes = entry->key.size() - entries_begin_.size();
  if (entry->exclusive) {
    entry->value = unique_entry_value(values_bytes, document_key);
  } else {
    entry->key.append(document_key);
    entry->value = entry_value(values_bytes);
  }
}

Result<bool> Index::make_entry(std::string_view document_key, const ScalarText* found,
                               const std::vector<std::size_t>& places,
                               DocumentEntries::Entry* entry) const {
  constexpr std::size_t kUsualKeyBytes = 128;
  bool present = false;
  entry->key.reserve(kUsualKeyBytes);
  entry->key.assign(entries_begin_);
  entry->exclusive = options().unique;
  for (std::size_t field = 0; field < field_count(); ++field) {
    const ScalarText& value = found[places[field]];
    append_value(field, value, &entry->key);
    present = present || value.kind != ScalarText::Kind::kMissing;
    const bool is_null =
        value.kind == ScalarText::Kind::kMissing || value.kind == ScalarText::Kind::kNull;
    entry->exclusive = entry->exclusive && !is_null;
  }
  if (options().sparse && !present) return false;
  ASHLAR_TRY(check_values_size(entry->key.size() - entries_begin_.size()));
  end_entry(document_key, entry);
  return true;
}

Status Index::append_entries(std::string_view document_key, const JsonValue& document,
                             DocumentEntries* out) const {
  if (!filter_.matches_everything() && !filter_.matches(document)) return {};
  std::vector<FieldValues> fields(field_count());
  bool present = false;
  std::size_t combinations = 1;
  DocumentEntries found;
  for (std::size_t field = 0; field < fields.size(); ++field) {
    ASHLAR_TRY(collect(field, document, &fields[field], &found));
    present = present || fields[field].present;
    combinations *= fields[field].values.size();
    if (combinations > kMaximumEntriesPerDocument) {
      return Status::too_large(quoted(name()) + ": more than " +
                               std::to_string(kMaximumEntriesPerDocument) +
                               " combinations of the fields' values");
    }
  }
  if (options().sparse && !present) return {};

  std::vector<std::size_t> at(fields.size(), 0);  // one value of each field
  for (std::size_t number = 0; number < combinations; ++number) {
    std::string values;
    bool exclusive = options().unique;
    for (std::size_t field = 0; field < fields.size(); ++field) {
      const FieldValues::Encoded& value = fields[field].values[at[field]];
      values.append(value.bytes);
      exclusive = exclusive && !value.is_null;
    }
    ASHLAR_TRY(check_values_size(values.size()));
    add_entry(document_key, values, exclusive, &found);
    for (std::size_t field = fields.size(); field-- > 0;) {
      if (++at[field] < fields[field].values.size()) break;
      at[field] = 0;
    }
  }
  std::sort(found.entries.begin(), found.entries.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  std::move(found.entries.begin(), found.entries.end(), std::back_inserter(out->entries));
  std::move(found.traits.begin(), found.traits.end(), std::back_inserter(out->traits));
  return {};
}

Result<std::vector<JsonValue>> Index::decode_values(std::string_view values) const {
  std::vector<JsonValue> decoded;
  for (std::size_t field = 0; field < field_count(); ++field) {
    ASHLAR_TRY_ASSIGN(JsonValue value, take_order_key(&values, descending(field)));
    decoded.push_back(std::move(value));
  }
  if (!values.empty()) return Status::corruption("an index's entry has more values than fields");
  return decoded;
}

std::string Index::describe_values(std::string_view values) const {
  std::string text = "(";
  for (std::size_t field = 0; field < field_count(); ++field) {
    if (field > 0) text += ", ";
    const auto value = take_order_key(&values, descending(field));
    if (!value.ok()) return text + "?)";
    if (collation_ != nullptr && value->is_string()) {
      text += "a string";  // the sort key does not tell which
    } else {
      append_json(*value, &text);
    }
  }
  return text + ")";
}

bool Index::is_trait_stored(std::string_view trait_key) const {
  return (stored_traits_.load(std::memory_order_relaxed) & trait_bit(trait_key)) != 0;
}

void Index::note_stored_trait(std::string_view trait_key) const {
  stored_traits_.fetch_or(trait_bit(trait_key), std::memory_order_relaxed);
}

}  // namespace ashlar
